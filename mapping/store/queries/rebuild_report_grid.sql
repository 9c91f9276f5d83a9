-- Count the cells of a community, or of all for null, from nothing.
SELECT mapping.rebuild_report_grid(CAST(:community_id AS integer))
