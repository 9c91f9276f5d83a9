-- Houses at streets by number: the number itself before those that begin with it (12, then 12a and 12/3), nearer first.
SELECT address.street, address.street_key, address.number, near.name AS locality,
    ST_X(address.geometry) AS lon, ST_Y(address.geometry) AS lat
FROM unnest(CAST(:numbers AS text[])) AS asked CROSS JOIN LATERAL (
    SELECT street, street_key, number, number_key, geometry, geom_3857
    FROM public_release.addresses
    WHERE community_id = :community_id AND street_key = ANY (CAST(:streets AS text[]))
        AND number_key >= asked AND number_key < asked || '~' AND substr(number_key, length(asked) + 1, 1) !~ '[0-9]'
) AS address LEFT JOIN LATERAL (
    SELECT name FROM public_release.places AS place
    WHERE place.community_id = :community_id AND place.kind = 'locality'
        AND place.class IN ('city', 'town', 'village', 'hamlet')
    ORDER BY place.geom_3857 <-> address.geom_3857 LIMIT 1
) AS near ON true
ORDER BY array_position(CAST(:streets AS text[]), street_key), address.number_key = asked DESC,
    address.geometry <-> ST_Point(:lon, :lat, 4326), address.number_key, address.number
LIMIT :limit
