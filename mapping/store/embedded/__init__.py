"""A private PostGIS cluster, run from the system's own PostgreSQL binaries.

Purpose: a village hall needs one command and no database administrator. The cluster listens on a Unix socket
alone, in a folder that only its owner may enter; that folder is the lock on the door (`trust` behind it).
Several processes on one machine share it, and the last of them stops it.

Caveats: Linux and macOS only (`flock`, Unix sockets). The data folder must lie on a local disk and be used by
one machine, and by one container, at a time. The user may raise memory in the cluster's `postgresql.conf`.
"""

from mapping.store.embedded.addresses import ClusterAddress
from mapping.store.embedded.cluster import EmbeddedCluster, default_data_dir

__all__ = ["ClusterAddress", "EmbeddedCluster", "default_data_dir"]
