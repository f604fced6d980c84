"""The application around the engines: pages, figures, jobs, command line. No mathematics."""
