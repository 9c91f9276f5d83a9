-- Count cells again that releases have noted; gives how many notes were taken.
SELECT mapping.refresh_report_grid(:batch)
