-- Names that answer a search best: each word asked for counts 1 where it is a word of the name, 0.9 where it begins
-- one, less where it is only alike; of the class or the locality less again. Words of the kind of street and numbers
-- add what they can. Without any word that is alike, a name is none; then shorter names, and nearer ones.
WITH asked AS (
    SELECT word, ' ' || word || ' ' AS whole FROM unnest(CAST(:words AS text[])) AS word
), candidates AS (
    SELECT DISTINCT ON (name.id) name.*
    FROM asked CROSS JOIN LATERAL (
        SELECT * FROM public_release.search_names WHERE community_id = :community_id AND words %> asked.word
    ) AS name
), scored AS (
    SELECT candidates.id, kind, class, name, key, locality, geometry, value
        + 0.1 * (SELECT count(*) FROM unnest(CAST(:extra AS text[])) AS word
            WHERE strpos(' ' || key || ' ', ' ' || word || ' ') > 0) AS value,
        similarity(key, :whole) AS closeness
    FROM candidates CROSS JOIN LATERAL (
        SELECT avg(CASE
            WHEN strpos(' ' || key || ' ', whole) > 0 THEN 1
            WHEN strpos(' ' || key, rtrim(whole)) > 0 THEN 0.9
            WHEN strpos(' ' || class_key || ' ', whole) > 0 THEN 0.85
            WHEN strpos(' ' || class_key, rtrim(whole)) > 0 THEN 0.8
            WHEN strpos(' ' || locality_key || ' ', whole) > 0 THEN 0.8
            WHEN strpos(' ' || locality_key, rtrim(whole)) > 0 THEN 0.7
            ELSE 0.7 * greatest(word_similarity(word, key), 0.8 * word_similarity(word, class_key))
        END) AS value FROM asked
    ) AS worth
)
SELECT kind, class, name, key, locality, ST_X(geometry) AS lon, ST_Y(geometry) AS lat
FROM scored
WHERE value >= :least
ORDER BY round(CAST(value AS numeric), 2) DESC, round(CAST(closeness AS numeric), 1) DESC,
    array_position(ARRAY['locality', 'street', 'place'], kind),
    geometry <-> ST_Point(:lon, :lat, 4326), id
LIMIT :limit
