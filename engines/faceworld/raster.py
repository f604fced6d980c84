"""Triangles to pixels: vertex normals and a z-buffer, in numba.

Screen space: x right, y down, in pixels of the raster, a pixel's centre at +0.5; depth grows away from the camera.
"""

import numpy as np

from engines.faceworld.compiled import njit

FAR = np.float32(1e9)
CLEARANCE = np.float32(2e-6)
"""Metres by which rounding may bring an interpolated depth before the nearest corner."""


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


@njit()
def rasterise(screen: np.ndarray, faces: np.ndarray, two_sided_from: int, size: int) -> tuple:
    """The nearest face at each pixel.

    Args:
        screen: (V, 3) float32 x, y, depth. faces: (F, 3); those before `two_sided_from` are culled when they
            look away from the camera.

    Returns:
        face (size, size) int32, -1 where there is none; weights (size, size, 2) float32 of its first two corners;
        depth (size, size) float32, `FAR` where there is no face.
    """
    depth = np.full((size, size), FAR, np.float32)
    index = np.full((size, size), -1, np.int32)
    weights = np.zeros((size, size, 2), np.float32)
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
        inverse = np.float32(1) / area
        front = min(screen[a, 2], screen[b, 2], screen[c, 2]) - CLEARANCE
        for row in range(top, bottom + 1):
            y = np.float32(row + 0.5)
            for column in range(left, right + 1):
                if front >= depth[row, column]:
                    continue
                x = np.float32(column + 0.5)
                w0 = ((x1 - x) * (y2 - y) - (x2 - x) * (y1 - y)) * inverse
                w1 = ((x2 - x) * (y0 - y) - (x0 - x) * (y2 - y)) * inverse
                w2 = np.float32(1) - w0 - w1
                if w0 < 0 or w1 < 0 or w2 < 0:
                    continue
                z = w0 * screen[a, 2] + w1 * screen[b, 2] + w2 * screen[c, 2]
                if z < depth[row, column]:
                    depth[row, column] = z
                    index[row, column] = face
                    weights[row, column, 0] = w0
                    weights[row, column, 1] = w1
    return index, weights, depth


@njit()
def depth_map(screen: np.ndarray, faces: np.ndarray, two_sided_from: int, size: int) -> np.ndarray:
    """Depth alone (size, size), as a light sees it; see `rasterise`."""
    depth = np.full((size, size), FAR, np.float32)
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
        inverse = np.float32(1) / area
        for row in range(top, bottom + 1):
            y = np.float32(row + 0.5)
            for column in range(left, right + 1):
                x = np.float32(column + 0.5)
                w0 = ((x1 - x) * (y2 - y) - (x2 - x) * (y1 - y)) * inverse
                w1 = ((x2 - x) * (y0 - y) - (x0 - x) * (y2 - y)) * inverse
                w2 = np.float32(1) - w0 - w1
                if w0 < 0 or w1 < 0 or w2 < 0:
                    continue
                z = w0 * screen[a, 2] + w1 * screen[b, 2] + w2 * screen[c, 2]
                depth[row, column] = min(depth[row, column], z)
    return depth


@njit()
def resolve(image: np.ndarray, labels: np.ndarray, places: np.ndarray, depth: np.ndarray, kinds: int) -> tuple:
    """Halve a raster: mean colour (H, W, 3), share of each label (kinds, H, W), nearest depth (H, W), and the
    canonical place (H, W, 3) of the first of the four that has one."""
    size = image.shape[0] // 2
    colour = np.zeros((size, size, 3), np.float32)
    cover = np.zeros((kinds, size, size), np.float32)
    nearest = np.full((size, size), FAR, np.float32)
    place = np.full((size, size, 3), np.nan, np.float32)
    for row in range(size):
        for column in range(size):
            for k in range(4):
                i, j = 2 * row + k // 2, 2 * column + k % 2
                for c in range(3):
                    colour[row, column, c] += np.float32(0.25) * image[i, j, c]
                cover[labels[i, j], row, column] += np.float32(0.25)
                if depth[i, j] < FAR and nearest[row, column] == FAR:
                    place[row, column, 0], place[row, column, 1] = places[i, j, 0], places[i, j, 1]
                    place[row, column, 2] = places[i, j, 2]
                nearest[row, column] = min(nearest[row, column], depth[i, j])
    return colour, cover, nearest, place
