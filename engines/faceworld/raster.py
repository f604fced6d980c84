"""Triangles to pixels: vertex normals and a z-buffer, in numba.

Screen space: x right, y down, in pixels of the raster, a pixel's centre at +0.5; depth grows away from the camera.
A triangle is walked row by row, each row between its edges, so that thin ones (strands of hair) cost what they cover.
"""

import numpy as np

from engines.faceworld.compiled import njit

FAR = np.float32(1e9)


@njit()
def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals (V, 3), the area-weighted mean of the faces around a vertex."""
    normals = np.zeros_like(vertices)
    for face in range(faces.shape[0]):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        ux, uy, uz = vertices[b, 0] - vertices[a, 0], vertices[b, 1] - vertices[a, 1], vertices[b, 2] - vertices[a, 2]
        vx, vy, vz = vertices[c, 0] - vertices[a, 0], vertices[c, 1] - vertices[a, 1], vertices[c, 2] - vertices[a, 2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for corner in (a, b, c):
            normals[corner, 0] += nx
            normals[corner, 1] += ny
            normals[corner, 2] += nz
    for i in range(normals.shape[0]):
        x, y, z = normals[i, 0], normals[i, 1], normals[i, 2]
        scale = 1 / np.sqrt(x * x + y * y + z * z + 1e-20)
        normals[i, 0], normals[i, 1], normals[i, 2] = x * scale, y * scale, z * scale
    return normals


@njit(inline="always")
def _narrowed(left: int, right: int, start: float, step: float) -> tuple:
    """The columns of left..right at which start + step * (column + 0.5) is not negative."""
    if step > 0:
        return max(left, int(np.ceil(-start / step - 0.5))), right
    if step < 0:
        return left, min(right, int(np.floor(-start / step - 0.5)))
    return left, right if start >= 0 else left - 1


@njit()
def rasterise(screen: np.ndarray, faces: np.ndarray, two_sided_from: int, size: int) -> tuple:
    """The nearest face at each pixel.

    Args:
        screen: (V, 3) float32 x, y, depth. faces: (F, 3); those before `two_sided_from` are culled when they
            look away from the camera.

    Returns:
        face (size, size) int32, -1 where there is none; depth (size, size) float32, `FAR` where there is no face.
    """
    depth = np.full((size, size), FAR, np.float32)
    index = np.full((size, size), -1, np.int32)
    for face in range(faces.shape[0]):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        x0, y0, x1, y1, x2, y2 = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1], screen[c, 0], screen[c, 1]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area > -1e-9 and (face < two_sided_from or area < 1e-9):
            continue
        left = max(0, int(np.ceil(min(x0, x1, x2) - 0.5)))
        right = min(size - 1, int(np.floor(max(x0, x1, x2) - 0.5)))
        top = max(0, int(np.ceil(min(y0, y1, y2) - 0.5)))
        bottom = min(size - 1, int(np.floor(max(y0, y1, y2) - 0.5)))
        if left > right or top > bottom:
            continue
        inverse = np.float32(1) / area
        step0, step1 = (y1 - y2) * inverse, (y2 - y0) * inverse  # of the corners' weights, along a row
        z2 = screen[c, 2]
        front, deep = screen[a, 2] - z2, screen[b, 2] - z2
        slope = step0 * front + step1 * deep
        for row in range(top, bottom + 1):
            y = np.float32(row + 0.5)
            start0 = (x1 * (y2 - y) - x2 * (y1 - y)) * inverse
            start1 = (x2 * (y0 - y) - x0 * (y2 - y)) * inverse
            first, last = _narrowed(left, right, start0, step0)
            first, last = _narrowed(first, last, start1, step1)
            first, last = _narrowed(first, last, 1 - start0 - start1, -step0 - step1)
            base = z2 + start0 * front + start1 * deep
            for column in range(first, last + 1):
                z = base + slope * np.float32(column + 0.5)
                if z < depth[row, column]:
                    depth[row, column] = z
                    index[row, column] = face
    return index, depth
