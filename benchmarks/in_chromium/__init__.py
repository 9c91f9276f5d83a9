"""What benchmarks of pages need of Chromium."""
