"""The methods De-DA is compared with: those that mix two pictures, and those that generate whole ones."""
