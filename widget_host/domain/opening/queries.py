"""What opens widgets, in each database: a launch keeps its session, and says what it was for.

Whoever opens a launch next, or spends it, waits for its row and then looks at it again: of two who open it at once the
launch keeps the later one, and a launch that is spent meanwhile opens nothing. To open it with the same session again
changes nothing: what PostgreSQL gets may be sent again where a connection breaks.
"""

from widget_host.domain.access.rules import LAUNCH_LIFE, LONGEST_SESSION, SESSION_LIFE

ASKED = {
    "launch_id": "text",
    "environment_id": "text",
    "at": "timestamptz",
    "session_hash": "text",
    "asked_locale": "text",
    "asked_theme": "text",
}
MOST_TOGETHER = 8
# One text for one and for eight, as `kit.together` has it. A session is no money: nobody waits until the disk has it.
# Whatever is done in it later is written behind it, and waits.
_TEXT = f"""
WITH asked AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS said ({", ".join(f"{name} {kind}" for name, kind in ASKED.items())})
    ORDER BY launch_id LIMIT {MOST_TOGETHER}
),
opened AS (
    UPDATE widget_launches launch SET session_hash = asked.session_hash,
    expires_at = asked.at + interval '{SESSION_LIFE.total_seconds():.0f} s',
    extendable_until = asked.at + interval '{LONGEST_SESSION.total_seconds():.0f} s',
    asked_locale = asked.asked_locale, asked_theme = asked.asked_theme FROM asked
    WHERE launch.id = asked.launch_id AND launch.environment_id = asked.environment_id
    AND launch.spent_at IS NULL AND launch.created_at > asked.at - interval '{LAUNCH_LIFE.total_seconds():.0f} s'
    RETURNING launch.id, launch.environment_id, launch.claims
)
SELECT coalesce(json_object_agg(id, json_build_array(claims, (
    SELECT json_agg(json_build_array(program_id, sealed) ORDER BY used_at DESC, program_id) FROM saved_accounts saved
    WHERE saved.environment_id = opened.environment_id AND saved.source_user_id = claims ->> 'sourceUserId'
))), '{{}}')::text, set_config('synchronous_commit', 'off', true) FROM opened
"""  # noqa: S608 - our own names
AT_ONCE = " ".join(_TEXT.split()).encode()
IN_TURN = """
UPDATE widget_launches SET session_hash = ?, expires_at = ?, extendable_until = ?, asked_locale = ?, asked_theme = ?
WHERE id = ? AND environment_id = ? AND spent_at IS NULL AND created_at > ?
RETURNING json_array(json(claims), (SELECT json_group_array(json_array(program_id, sealed)) FROM (
    SELECT program_id, sealed FROM saved_accounts saved
    WHERE saved.environment_id = widget_launches.environment_id
    AND source_user_id = json_extract(widget_launches.claims, '$.sourceUserId') ORDER BY used_at DESC, program_id
)))
"""
