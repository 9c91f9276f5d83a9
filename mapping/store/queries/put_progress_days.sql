-- Median days from sending to showing, from showing to planning, from planning to doing: of lamps, barriers and
-- resources that the map shows, and only where five or more took the step. Imported reports were not waited for.
INSERT INTO public_release.progress_days (community_id, step, reports, median_days)
WITH moments AS (
    SELECT min(revision.at) FILTER (WHERE action = 'submit') AS submitted,
        min(revision.at) FILTER (WHERE action = 'publish') AS published,
        min(revision.at) FILTER (WHERE action IN ('plan', 'start')) AS planned,
        max(revision.at) FILTER (WHERE action = 'resolve' AND report.status = 'resolved') AS resolved
    FROM mapping.reports AS report
    JOIN public_release.reports AS released
        ON released.community_id = report.community_id AND released.id = report.public_id
    JOIN mapping.report_revisions AS revision
        ON revision.community_id = report.community_id AND revision.report_id = report.id
    WHERE report.community_id = :community_id AND report.tier = 0 AND report.channel <> 'import'
    GROUP BY report.id
), steps AS (
    SELECT 'publish' AS step, published - submitted AS took FROM moments
    UNION ALL SELECT 'plan', planned - published FROM moments
    UNION ALL SELECT 'resolve', resolved - planned FROM moments
)
SELECT :community_id, step, count(*),
    round(percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(floor(extract(epoch FROM took) / 86400), 0)))
FROM steps WHERE took IS NOT NULL
GROUP BY step HAVING count(*) >= 5
