-- Months of which reports of a community are released, newest first; steps through the index from month to month, so that
-- it costs as much as there are months, not reports.
WITH RECURSIVE months AS (
    (SELECT left(observed_on, 7) AS month FROM public_release.reports
        WHERE community_id = :community_id ORDER BY left(observed_on, 7) DESC LIMIT 1)
    UNION ALL
    SELECT (SELECT left(observed_on, 7) FROM public_release.reports
        WHERE community_id = :community_id AND left(observed_on, 7) < months.month
        ORDER BY left(observed_on, 7) DESC LIMIT 1)
    FROM months WHERE months.month IS NOT NULL
)
SELECT month FROM months WHERE month IS NOT NULL
