-- Amounts are cents. An order is 'open' until a webhook says how it ended.
CREATE TABLE IF NOT EXISTS customers (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, cents INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS orders (
    reference_number TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'debited', 'returned')),
    cents INTEGER NOT NULL DEFAULT 0,
    points INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY, type TEXT NOT NULL, text TEXT NOT NULL,
    received_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
);
CREATE TABLE IF NOT EXISTS cards (
    id TEXT PRIMARY KEY, customer_id TEXT NOT NULL REFERENCES customers, last_four TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS programs (id TEXT PRIMARY KEY, name TEXT NOT NULL);
-- A delinked program keeps its row, so that an older event that comes late does not link it again.
CREATE TABLE IF NOT EXISTS connections (
    card_id TEXT NOT NULL REFERENCES cards,
    program_id TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('LINKED', 'UPDATED', 'DELINKED')),
    account TEXT NOT NULL,
    allocation INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (card_id, program_id)
);
INSERT OR IGNORE INTO customers VALUES
    ('amira', 'Amira Haddad', 'amira.haddad@northwind.example', 125000),
    ('jonas', 'Jonas Lind', 'jonas.lind@northwind.example', 64050);
INSERT OR IGNORE INTO cards VALUES
    ('card-amira', 'amira', '4821'),
    ('card-jonas', 'jonas', '3067');
