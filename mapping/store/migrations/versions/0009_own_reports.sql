-- How many people say that a released report is fixed, or is not; of dangers (tier 1) all counts are told in fives.

ALTER TABLE public_release.reports
    ADD COLUMN said_fixed integer NOT NULL DEFAULT 0,
    ADD COLUMN said_not_fixed integer NOT NULL DEFAULT 0;

UPDATE public_release.reports SET confirmations = confirmations - confirmations % 5 WHERE tier = 1;
