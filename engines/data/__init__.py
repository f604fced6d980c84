"""What people bring: photographs, clips, and the faces in them."""
