"""`python -m deploy.prometheus` writes docs/metrics.md anew."""

from deploy.prometheus.metrics_page import PAGE, page

if __name__ == "__main__":
    PAGE.write_text(page())
