"""The one statement that opens a widget, for each database: the launch names its session, and says what it was for."""

# Whoever opens the launch next, or spends it, waits for this row and then looks at it again: of two who open it at once
# the launch names the later one, and a launch that is spent meanwhile opens nothing.
NAME = (
    "UPDATE widget_launches SET session_id = $1"
    " WHERE id = $2 AND environment_id = $3 AND spent_at IS NULL AND created_at > $4"
)
# Nothing where it is there: the statement may be sent again where a connection breaks.
KEEP = (
    "INSERT INTO widget_sessions (id, launch_id, bearer_hash, expires_at, extendable_until, locale, theme) {rows}"
    " ON CONFLICT DO NOTHING"
)
AT_ONCE = (
    f"WITH opened AS ({NAME} RETURNING claims), kept AS ("  # noqa: S608 - our own texts
    + KEEP.format(rows="SELECT $1, $2, $5, $6::timestamptz, $7::timestamptz, $8, $9 FROM opened")
    + ") SELECT (SELECT claims::text FROM opened),"
    " (SELECT json_agg(json_build_array(program_id, sealed) ORDER BY used_at DESC, program_id)::text"
    " FROM saved_accounts, opened WHERE environment_id = $3 AND source_user_id = claims ->> 'sourceUserId')"
).encode()
IN_TURN = (NAME.replace("$", "?"), KEEP.format(rows="VALUES (?, ?, ?, ?, ?, ?, ?)"))
LOOK = (
    "SELECT claims, (SELECT json_group_array(json_array(program_id, sealed)) FROM ("
    "SELECT program_id, sealed FROM saved_accounts WHERE saved_accounts.environment_id = launch.environment_id"
    " AND source_user_id = json_extract(claims, '$.sourceUserId') ORDER BY used_at DESC, program_id))"
    " FROM widget_launches launch WHERE id = ?"
)
