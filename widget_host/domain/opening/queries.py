"""What opens widgets, in each database: a launch names its session, and says what it was for.

Whoever opens a launch next, or spends it, waits for its row and then looks at it again: of two who open it at once the
launch names the later one, and a launch that is spent meanwhile opens nothing. A session that is there already is left
alone: what PostgreSQL gets may be sent again where a connection breaks.
"""

ASKED = {
    "session_id": "text",
    "launch_id": "text",
    "environment_id": "text",
    "since": "timestamptz",
    "bearer_hash": "text",
    "expires_at": "timestamptz",
    "extendable_until": "timestamptz",
    "locale": "text",
    "theme": "text",
}
# What is asked of the launch; the rest is kept of the session.
OF_LAUNCH = 4
KEPT = "bearer_hash, expires_at, extendable_until, locale, theme"
MOST_TOGETHER = 8
# One text for one and for eight, as `kit.together` has it. A session is no money: nobody waits until the disk has it.
# Whatever is done in it later is written behind it, and waits.
_TEXT = f"""
WITH asked AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS said ({", ".join(f"{name} {kind}" for name, kind in ASKED.items())})
    ORDER BY launch_id LIMIT {MOST_TOGETHER}
),
opened AS (
    UPDATE widget_launches launch SET session_id = asked.session_id FROM asked
    WHERE launch.id = asked.launch_id AND launch.environment_id = asked.environment_id
    AND launch.spent_at IS NULL AND launch.created_at > asked.since
    RETURNING launch.id, launch.session_id, launch.environment_id, launch.claims
),
kept AS (
    INSERT INTO widget_sessions (id, launch_id, {KEPT})
    SELECT opened.session_id, opened.id, {KEPT} FROM asked JOIN opened ON opened.session_id = asked.session_id
    ON CONFLICT DO NOTHING
)
SELECT coalesce(json_object_agg(session_id, json_build_array(claims, (
    SELECT json_agg(json_build_array(program_id, sealed) ORDER BY used_at DESC, program_id) FROM saved_accounts saved
    WHERE saved.environment_id = opened.environment_id AND saved.source_user_id = claims ->> 'sourceUserId'
))), '{{}}')::text, set_config('synchronous_commit', 'off', true) FROM opened
"""  # noqa: S608 - our own names
AT_ONCE = " ".join(_TEXT.split()).encode()
NAME = """
UPDATE widget_launches SET session_id = ? WHERE id = ? AND environment_id = ? AND spent_at IS NULL AND created_at > ?
"""
KEEP = f"INSERT INTO widget_sessions (id, launch_id, {KEPT}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - the same
LOOK = """
SELECT json_array(json(claims), (SELECT json_group_array(json_array(program_id, sealed)) FROM (
    SELECT program_id, sealed FROM saved_accounts saved
    WHERE saved.environment_id = launch.environment_id AND source_user_id = json_extract(claims, '$.sourceUserId')
    ORDER BY used_at DESC, program_id
))) FROM widget_launches launch WHERE id = ?
"""
