"""TAS: an assistant made of the front of one network and the tail of another stands between teacher and student."""
