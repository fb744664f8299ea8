//! Points, vectors and affine transforms that know which space they live in.
//!
//! Stored pixels, the viewport and millimetres are three worlds; the compiler keeps them apart.
//!
//! Invariants
//! - `Point - Point` is a [`Vector`]; `Point + Point` does not exist.
//! - `Transform<D, S> * Point<S>` is a `Point<D>`: name a transform `destination_from_source`.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Add, Mul, Neg, Sub};

/// Continuous image position in pixels: x along columns, y along rows, `(0, 0)` at the outer
/// corner of the top-left pixel, whose centre is therefore `(0.5, 0.5)`. `GraphicData`
/// (PS3.3 C.18.6) counts the same way, so export adds no half pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageSpace {}

/// Viewport position in pixels of the drawing surface, origin top left, y down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScreenSpace {}

/// A position in space `S`.
pub struct Point<S> {
    /// Along the columns, to the right.
    pub x: f64,
    /// Along the rows, downwards.
    pub y: f64,
    space: PhantomData<fn() -> S>,
}

/// A displacement in space `S`.
pub struct Vector<S> {
    /// Along the columns, to the right.
    pub x: f64,
    /// Along the rows, downwards.
    pub y: f64,
    space: PhantomData<fn() -> S>,
}

macro_rules! pair {
    ($name:ident) => {
        impl<S> $name<S> {
            /// Makes one from its two components.
            #[must_use]
            pub const fn new(x: f64, y: f64) -> Self {
                Self { x, y, space: PhantomData }
            }

            /// Whether both components are finite numbers.
            #[must_use]
            pub const fn is_finite(self) -> bool {
                self.x.is_finite() && self.y.is_finite()
            }
        }
        impl<S> Clone for $name<S> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<S> Copy for $name<S> {}
        impl<S> PartialEq for $name<S> {
            fn eq(&self, other: &Self) -> bool {
                self.x == other.x && self.y == other.y
            }
        }
        impl<S> Default for $name<S> {
            fn default() -> Self {
                Self::new(0.0, 0.0)
            }
        }
        impl<S> fmt::Debug for $name<S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "({}, {})", self.x, self.y)
            }
        }
    };
}
pair!(Point);
pair!(Vector);

impl<S> Point<S> {
    /// Distance to `other`, in the unit of the space.
    #[must_use]
    pub fn distance(self, other: Self) -> f64 {
        (self - other).length()
    }

    /// The point `t` of the way to `other`: 0 is `self`, 1 is `other`.
    #[must_use]
    pub fn lerp(self, other: Self, t: f64) -> Self {
        self + (other - self) * t
    }
}

impl<S> Vector<S> {
    /// Euclidean length.
    #[must_use]
    pub fn length(self) -> f64 {
        // not hypot: its last bit differs between platforms, a square root's does not
        (self.x * self.x + self.y * self.y).sqrt()
    }

    /// Scalar product.
    #[must_use]
    pub fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y
    }

    /// The third component of the cross product: positive when `other` lies clockwise on screen.
    #[must_use]
    pub fn cross(self, other: Self) -> f64 {
        self.x * other.y - self.y * other.x
    }

    /// The vector turned by a quarter: `(x, y)` becomes `(-y, x)`.
    #[must_use]
    pub const fn perpendicular(self) -> Self {
        Self::new(-self.y, self.x)
    }
}

impl<S> Sub for Point<S> {
    type Output = Vector<S>;
    fn sub(self, other: Self) -> Vector<S> {
        Vector::new(self.x - other.x, self.y - other.y)
    }
}
impl<S> Add<Vector<S>> for Point<S> {
    type Output = Self;
    fn add(self, v: Vector<S>) -> Self {
        Self::new(self.x + v.x, self.y + v.y)
    }
}
impl<S> Sub<Vector<S>> for Point<S> {
    type Output = Self;
    fn sub(self, v: Vector<S>) -> Self {
        Self::new(self.x - v.x, self.y - v.y)
    }
}
impl<S> Add for Vector<S> {
    type Output = Self;
    fn add(self, v: Self) -> Self {
        Self::new(self.x + v.x, self.y + v.y)
    }
}
impl<S> Sub for Vector<S> {
    type Output = Self;
    fn sub(self, v: Self) -> Self {
        Self::new(self.x - v.x, self.y - v.y)
    }
}
impl<S> Neg for Vector<S> {
    type Output = Self;
    fn neg(self) -> Self {
        Self::new(-self.x, -self.y)
    }
}
impl<S> Mul<f64> for Vector<S> {
    type Output = Self;
    fn mul(self, k: f64) -> Self {
        Self::new(self.x * k, self.y * k)
    }
}

/// An affine map from space `S` to space `D`: `x' = a x + c y + e`, `y' = b x + d y + f`.
pub struct Transform<D, S> {
    /// `[a, b, c, d, e, f]`, column by column.
    pub coefficients: [f64; 6],
    spaces: PhantomData<fn(S) -> D>,
}

impl<D, S> Clone for Transform<D, S> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<D, S> Copy for Transform<D, S> {}
impl<D, S> PartialEq for Transform<D, S> {
    fn eq(&self, other: &Self) -> bool {
        self.coefficients == other.coefficients
    }
}
impl<D, S> fmt::Debug for Transform<D, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Transform").field(&self.coefficients).finish()
    }
}

impl<D, S> Transform<D, S> {
    /// Makes one from `[a, b, c, d, e, f]`.
    #[must_use]
    pub const fn new(coefficients: [f64; 6]) -> Self {
        Self { coefficients, spaces: PhantomData }
    }

    /// Scale along each axis, then move: `x' = sx x + tx`, `y' = sy y + ty`.
    #[must_use]
    pub const fn scale_then_move(sx: f64, sy: f64, tx: f64, ty: f64) -> Self {
        Self::new([sx, 0.0, 0.0, sy, tx, ty])
    }

    /// The map back, or `None` when this one flattens the plane.
    #[must_use]
    pub fn inverse(&self) -> Option<Transform<S, D>> {
        let [a, b, c, d, e, f] = self.coefficients;
        let det = a * d - b * c;
        if det == 0.0 || !det.is_finite() {
            return None;
        }
        let (ia, ib, ic, id) = (d / det, -b / det, -c / det, a / det);
        Some(Transform::new([ia, ib, ic, id, -(ia * e + ic * f), -(ib * e + id * f)]))
    }

    /// The map that applies `first`, then `self`.
    #[must_use]
    pub fn after<R>(&self, first: &Transform<S, R>) -> Transform<D, R> {
        let [a, b, c, d, e, f] = self.coefficients;
        let [p, q, r, s, t, u] = first.coefficients;
        Transform::new([
            a * p + c * q,
            b * p + d * q,
            a * r + c * s,
            b * r + d * s,
            a * t + c * u + e,
            b * t + d * u + f,
        ])
    }

    /// Maps a displacement: the translation does not apply.
    #[must_use]
    pub fn vector(&self, v: Vector<S>) -> Vector<D> {
        let [a, b, c, d, ..] = self.coefficients;
        Vector::new(a * v.x + c * v.y, b * v.x + d * v.y)
    }
}

impl<D, S> Mul<Point<S>> for Transform<D, S> {
    type Output = Point<D>;
    fn mul(self, p: Point<S>) -> Point<D> {
        let [a, b, c, d, e, f] = self.coefficients;
        Point::new(a * p.x + c * p.y + e, b * p.x + d * p.y + f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_again() {
        let screen_from_image: Transform<ScreenSpace, ImageSpace> =
            Transform::new([0.37, 0.2, -0.2, 0.37, 41.0, -3.5]);
        let image_from_screen = screen_from_image.inverse().unwrap();
        let p = Point::<ImageSpace>::new(1234.25, 77.5);
        let back = image_from_screen * (screen_from_image * p);
        assert!(back.distance(p) < 1e-6, "{back:?}");
        let both = image_from_screen.after(&screen_from_image);
        assert!((both * p).distance(p) < 1e-6);
    }

    #[test]
    fn a_flat_map_has_no_inverse() {
        let flat: Transform<ScreenSpace, ImageSpace> = Transform::new([1.0, 2.0, 2.0, 4.0, 0.0, 0.0]);
        assert!(flat.inverse().is_none());
    }
}
