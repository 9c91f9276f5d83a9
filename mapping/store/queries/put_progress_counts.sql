-- Counts of what became of a community's reports that the map shows, in groups that share none: lamps, barriers and
-- resources (tier 0) exactly, dangers in fives, so that a single one moves nothing that can be seen.
INSERT INTO public_release.progress_counts (community_id, tier, stage, reason, reports)
WITH grouped AS (
    SELECT report.tier, report.status AS stage,
        CASE WHEN closing.reason = ANY(:reasons) THEN closing.reason ELSE '' END AS reason, count(*) AS reports
    FROM mapping.reports AS report
    JOIN public_release.reports AS released
        ON released.community_id = report.community_id AND released.id = report.public_id
    LEFT JOIN LATERAL (
        SELECT revision.reason FROM mapping.report_revisions AS revision
        WHERE revision.community_id = report.community_id AND revision.report_id = report.id
            AND revision.action = 'close' AND report.tier = 0 AND report.status = 'closed_without_action'
        ORDER BY revision.revision DESC LIMIT 1
    ) AS closing ON true
    WHERE report.community_id = :community_id
    GROUP BY 1, 2, 3
), told AS (
    SELECT tier, stage, reason, CASE WHEN tier = 0 THEN reports ELSE reports / 5 * 5 END AS reports FROM grouped
)
SELECT :community_id, tier, stage, reason, reports FROM told WHERE reports > 0
