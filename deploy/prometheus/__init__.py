"""What watches the platform: scrape jobs, rules, and the page of all metrics."""
