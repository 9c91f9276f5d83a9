-- What came in, by tier, once a month: what the map shows of lamps, barriers and resources (tier 0) and all else in fives.
-- Dangers and what is confidential count once the working group has read and accepted them: whoever sends many could
-- lead the count to the edge of a five. It stands until the next month begins, so that nobody sees what their own reports and withdrawals do to it.
INSERT INTO public_release.progress_received AS told (community_id, tier, reports, month)
SELECT :community_id, tiers.tier,
    count(released.id) FILTER (WHERE tiers.tier = 0)
        + (count(report.id) - count(released.id) FILTER (WHERE tiers.tier = 0)) / 5 * 5,
    :month
FROM generate_series(0, 2) AS tiers (tier)
LEFT JOIN mapping.reports AS report ON report.community_id = :community_id AND report.tier = tiers.tier
    AND (report.tier = 0 OR report.moderation = 'published')
LEFT JOIN public_release.reports AS released
    ON released.community_id = report.community_id AND released.id = report.public_id
GROUP BY tiers.tier
ON CONFLICT (community_id, tier) DO UPDATE SET reports = excluded.reports, month = excluded.month
WHERE told.month < excluded.month
