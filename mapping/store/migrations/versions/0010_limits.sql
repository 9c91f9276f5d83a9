-- Who sends how much, and which proofs of work are spent; both are forgotten within hours.

-- One row for each phone or address, named by a keyed hash that changes daily. Not logged: these rows reach no archive
-- of the log and no replica, and a crash may lose them.
CREATE UNLOGGED TABLE mapping.allowances (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    sender bytea NOT NULL,
    used_until timestamptz NOT NULL,
    PRIMARY KEY (community_id, sender)
);
CREATE INDEX allowances_used_until ON mapping.allowances (used_until);

CREATE TABLE mapping.spent_proofs (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    nonce bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (community_id, nonce)
);
CREATE INDEX spent_proofs_expires_at ON mapping.spent_proofs (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON mapping.allowances, mapping.spent_proofs TO mapping_app;
