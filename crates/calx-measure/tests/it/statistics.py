"""The same measures by another way, for tests/it/numpy.rs: chords of a shape integrated over the height; profiles by
numpy's own interpolation along the course.

Reads a frame and shapes as JSON on stdin, writes the measures of each shape as JSON. At a height the part of a row that
a shape covers is a set of intervals. For polygons their ends are straight between the heights at which an edge begins,
ends, crosses another or passes from one column to the next, so the middle of each such strip gives its exact area. For
an ellipse the height is written as the sine of an angle; then the ends are smooth between the columns they pass, and
Gauss-Legendre quadrature gives all digits.
"""

import json
import math
import sys

import numpy as np

GAUSS = np.polynomial.legendre.leggauss(24)


def edges_of(rings):
    return [(tuple(a), tuple(b)) for ring in rings for a, b in zip(ring, ring[1:] + ring[:1])]


def intervals(rings, y, by_ring):
    """Where the shape is at height y: inside any of the rings, or inside an odd number of them."""
    if by_ring:
        spans = []
        for ring in rings:
            xs = sorted(a[0] + (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1])
                        for a, b in edges_of([ring]) if (a[1] < y) != (b[1] < y))
            spans += list(zip(xs[::2], xs[1::2]))
        spans.sort()
        merged = []
        for low, high in spans:
            if merged and low <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], high)
            else:
                merged.append([low, high])
        return merged
    xs = sorted(a[0] + (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1])
                for a, b in edges_of(rings) if (a[1] < y) != (b[1] < y))
    return list(zip(xs[::2], xs[1::2]))


def add(cover, row, low, high, weight):
    for column in range(max(0, math.floor(low)), min(cover.shape[1], math.ceil(high))):
        cover[row, column] += weight * max(0.0, min(high, column + 1) - max(low, column))


def cover_of_rings(rings, shape, by_ring):
    cover = np.zeros(shape)
    edges = edges_of(rings)
    heights = set(range(shape[0] + 1))
    for a, b in edges:
        heights |= {a[1], b[1]}
        low, high = sorted((a[0], b[0]))
        for column in range(math.ceil(low), math.floor(high) + 1):
            if a[0] != b[0]:
                heights.add(a[1] + (b[1] - a[1]) * (column - a[0]) / (b[0] - a[0]))
    for i, (a, b) in enumerate(edges):
        for c, d in edges[i + 1:]:
            p, q = np.subtract(b, a), np.subtract(d, c)
            turn = p[0] * q[1] - p[1] * q[0]
            if turn != 0:
                t = ((c[0] - a[0]) * q[1] - (c[1] - a[1]) * q[0]) / turn
                if 0 <= t <= 1:
                    heights.add(a[1] + p[1] * t)
    heights = sorted(h for h in heights if 0 <= h <= shape[0])
    for low, high in zip(heights, heights[1:]):
        middle = (low + high) / 2
        for left, right in intervals(rings, middle, by_ring):
            add(cover, math.floor(middle), left, right, high - low)
    return cover


def cover_of_ellipse(centre, u, v, shape):
    cover = np.zeros(shape)
    reach = math.hypot(u[1], v[1])
    shear = (u[0] * u[1] + v[0] * v[1]) / reach
    half = abs(u[0] * v[1] - u[1] * v[0]) / reach
    stops = {-math.pi / 2, math.pi / 2}
    for row in range(shape[0] + 1):
        if abs(row - centre[1]) < reach:
            stops.add(math.asin((row - centre[1]) / reach))
    for column in range(shape[1] + 1):
        for side in (-1, 1):
            size, turn = math.hypot(shear, half), math.atan2(side * half, shear)
            share = (column - centre[0]) / size
            if abs(share) <= 1:
                for at in (math.asin(share) - turn, math.pi - math.asin(share) - turn):
                    at = (at + math.pi) % (2 * math.pi) - math.pi
                    if abs(at) < math.pi / 2:
                        stops.add(at)
    stops = sorted(stops)
    for low, high in zip(stops, stops[1:]):
        for node, weight in zip(*GAUSS):
            at = (low + high) / 2 + (high - low) / 2 * node
            y = centre[1] + reach * math.sin(at)
            row = math.floor(centre[1] + reach * math.sin((low + high) / 2))
            if 0 <= row < shape[0]:
                x = centre[0] + shear * math.sin(at)
                width = half * math.cos(at)
                add(cover, row, x - width, x + width, weight * (high - low) / 2 * reach * math.cos(at))
    return cover


def profile(points, scale, values):
    """Step and values at even stations along the course, none where one of the four pixels round one is padding."""
    steps = np.diff(points, axis=0)
    px, mm = np.hypot(*steps.T), np.hypot(*(steps * scale).T)
    count = max(1, math.ceil(mm.sum() * max(px.sum() / mm.sum(), (px / mm).max()) - 1e-9))
    course = np.concatenate([[0.0], np.cumsum(mm)])
    at = np.linspace(0.0, course[-1], count + 1)
    found = []
    for x, y in zip(np.interp(at, course, points[:, 0]) - 0.5, np.interp(at, course, points[:, 1]) - 0.5):
        column, row = math.floor(x), math.floor(y)
        total = 0.0
        for i, down in ((row, 1 - (y - row)), (row + 1, y - row)):
            for j, across in ((column, 1 - (x - column)), (column + 1, x - column)):
                if down * across > 1e-12:
                    total += down * across * values[i, j]
        found.append(None if math.isnan(total) else total)
    return course[-1] / count, found


def measures(shape, frame, slope, intercept, between_rows, between_columns, padding):
    modality = frame * slope + intercept
    if padding is not None:
        modality[(frame >= padding[0]) & (frame <= padding[1])] = np.nan
    scale = np.array([between_columns, between_rows])
    out = {}
    if shape["kind"] == "ellipse":
        a, b, c, d = (np.array(p) for p in shape["ends"])
        centre, u, v = (a + b + c + d) / 4, (b - a) / 2, (d - c) / 2
        cover = cover_of_ellipse(centre, u, v, frame.shape)
        out["area"] = math.pi * abs(u[0] * v[1] - u[1] * v[0]) * between_rows * between_columns
        t = np.arange(4096) * (2 * math.pi / 4096)
        speed = (np.outer(-np.sin(t), u) + np.outer(np.cos(t), v)) * scale
        out["perimeter"] = float(np.hypot(speed[:, 0], speed[:, 1]).mean() * 2 * math.pi)
    elif shape["kind"] == "mask":
        cover = np.zeros(frame.shape)
        for column, row in shape["pixels"]:
            cover[row, column] = 1.0
        out["area"] = len(shape["pixels"]) * between_rows * between_columns
    elif shape["kind"] == "line":
        points = np.array(shape["points"])
        out["length"] = float(np.hypot(*((points[1] - points[0]) * scale)))
        out["profile_step"], out["profile"] = profile(points, scale, modality)
        return out
    elif shape["kind"] == "path":
        cover = cover_of_rings(shape["rings"], frame.shape, True)
        points, widths = np.array(shape["points"]), np.array(shape["widths"])
        steps = np.diff(points, axis=0)
        lengths = np.hypot(*(steps * scale).T)
        out["length"] = float(lengths.sum())
        # Between two walls that keep their width in pixels, the area in millimetres is that in pixels times both.
        px = np.hypot(*steps.T) * (widths[1:] + widths[:-1]) / 2
        out["profile_step"], out["profile"] = profile(points, scale, modality)
        out["mean_width"] = float(px.sum() * between_rows * between_columns / lengths.sum())
    else:
        cover = cover_of_rings(shape["rings"], frame.shape, False)
        area = 0.0
        out["perimeter"] = 0.0
        for k, ring in enumerate(shape["rings"]):
            points = np.array(ring)
            following = np.roll(points, -1, axis=0)
            doubled = float(np.sum(points[:, 0] * following[:, 1] - following[:, 0] * points[:, 1]))
            area += abs(doubled) / 2 * (1 if k in shape["outer"] else -1)
            out["perimeter"] += float(np.hypot(*((following - points) * scale).T).sum())
        out["area"] = area * between_rows * between_columns
    inside = (cover > 1e-12) & ~np.isnan(modality)
    values, weights = modality[inside], cover[inside]
    mean = np.average(values, weights=weights)
    out["pixels"] = float(weights.sum())
    out["mean"] = float(mean)
    out["standard_deviation"] = float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))
    out["minimum"], out["maximum"] = float(values.min()), float(values.max())
    out["percentiles"] = np.percentile(
        values, [1, 5, 10, 25, 50, 75, 90, 95, 99], weights=weights, method="inverted_cdf").tolist()
    if (values == np.floor(values)).all():
        span = values.max() - values.min() + 1
        width = math.ceil(span / 64)
        edges = values.min() - 0.5 + width * np.arange(math.ceil(span / width) + 1)
    else:
        edges = 64 if values.max() > values.min() else 1
    bins, _ = np.histogram(values, bins=edges, weights=weights)
    out["histogram"] = bins.tolist()
    return out


def main():
    asked = json.load(sys.stdin)
    frame = np.array(asked["frame"], dtype=float).reshape(asked["rows"], asked["columns"])
    rest = [asked[key] for key in ("slope", "intercept", "between_rows", "between_columns", "padding")]
    json.dump([measures(shape, frame, *rest) for shape in asked["shapes"]], sys.stdout)


main()
