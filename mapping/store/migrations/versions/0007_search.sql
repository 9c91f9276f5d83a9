-- House numbers, and the names of streets and places folded to one spelling, for the search of addresses.

CREATE TABLE public_release.addresses (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    osm_type char(1) NOT NULL CHECK (osm_type IN ('n', 'w', 'r')),
    osm_id bigint NOT NULL,
    number text NOT NULL,
    number_key text NOT NULL,
    street text NOT NULL,
    street_key text NOT NULL,
    geometry geometry(Point, 4326) NOT NULL,
    geom_3857 geometry(Point, 3857) GENERATED ALWAYS AS (ST_Transform(geometry, 3857)) STORED,
    PRIMARY KEY (community_id, osm_type, osm_id, number)
);
CREATE INDEX addresses_geom_3857 ON public_release.addresses USING gist (geom_3857);
CREATE INDEX addresses_number ON public_release.addresses (community_id, street_key, number_key);

-- Made anew by each import from streets, places and addresses within the boundary.
CREATE TABLE public_release.search_names (
    community_id integer NOT NULL REFERENCES public_release.communities ON DELETE CASCADE,
    id integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('street', 'place', 'locality')),
    class text,
    name text,
    key text NOT NULL,
    class_key text NOT NULL,
    words text NOT NULL,
    locality text,
    locality_key text NOT NULL,
    geometry geometry(Point, 4326) NOT NULL,
    PRIMARY KEY (community_id, id)
);
CREATE INDEX search_names_words ON public_release.search_names USING gin (community_id, words gin_trgm_ops);

ALTER TABLE public_release.places DROP CONSTRAINT places_kind_check, ADD CONSTRAINT places_kind_check
    CHECK (kind IN ('amenity', 'building', 'water', 'green', 'wood', 'homes', 'field', 'works', 'locality'));
CREATE INDEX places_settlements ON public_release.places USING gist (geom_3857)
    WHERE kind = 'locality' AND class IN ('city', 'town', 'village', 'hamlet');

GRANT SELECT, INSERT, UPDATE, DELETE ON public_release.addresses, public_release.search_names TO mapping_app;
GRANT SELECT ON public_release.addresses, public_release.search_names TO mapping_public;
