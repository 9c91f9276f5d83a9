"""What benchmarks of servers share: servers in processes of their own, clients, and the ground they are asked about."""
