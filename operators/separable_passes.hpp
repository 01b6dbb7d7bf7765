#pragma once

#include <cstdint>

/// The order of passes of a separable product, for whatever runs them.
namespace lvtino {

/// out = base + scale (C (x) T (x) H (x) W) in on `batch` samples; `base` may be null or equal to
/// `out`.
///
/// A Map has rows, columns and identity. A Backend offers
///   rows(m, in, outer, inner, base, scale, out)   one axis of [outer, L, inner]
///   planes(h, w, in, planes, base, scale, out)    the last two axes in one pass
///   scratch(slot, count)                          memory for what lies between passes; slots 0 and
///   1
template <class T, class Map, class Backend>
class SeparablePasses {
 public:
  SeparablePasses(const Map& c, const Map& t, const Map& h, const Map& w, Backend& backend)
      : c_(c), t_(t), h_(h), w_(w), backend_(backend) {}

  void run(std::int64_t batch, const T* in, const T* base, T scale, T* out) const {
    const std::int64_t in_volume = t_.columns * h_.columns * w_.columns,
                       out_volume = t_.rows * h_.rows * w_.rows;
    if (c_.identity) return volumes(batch * c_.columns, in, base, scale, out);
    // Channels are mixed where there are fewer numbers to mix: before the axes if they get fewer.
    if (c_.rows <= c_.columns) {
      T* const fewer = backend_.scratch(1, batch * c_.rows * in_volume);
      backend_.rows(c_, in, batch, in_volume, kNothing, T(1), fewer);
      return volumes(batch * c_.rows, fewer, base, scale, out);
    }
    T* const unmixed = backend_.scratch(1, batch * c_.columns * out_volume);
    volumes(batch * c_.columns, in, kNothing, T(1), unmixed);
    backend_.rows(c_, unmixed, batch, out_volume, base, scale, out);
  }

 private:
  static constexpr const T* kNothing = nullptr;

  // Planes (h, w) and time, the one that shrinks more first.
  void volumes(std::int64_t slices, const T* in, const T* base, T scale, T* out) const {
    const std::int64_t in_plane = h_.columns * w_.columns, out_plane = h_.rows * w_.rows;
    if (h_.identity && w_.identity)
      return backend_.rows(t_, in, slices, in_plane, base, scale, out);
    if (t_.identity) return backend_.planes(h_, w_, in, slices * t_.columns, base, scale, out);
    if (t_.columns * out_plane <= t_.rows * in_plane) {
      T* const middle = backend_.scratch(0, slices * t_.columns * out_plane);
      backend_.planes(h_, w_, in, slices * t_.columns, kNothing, T(1), middle);
      return backend_.rows(t_, middle, slices, out_plane, base, scale, out);
    }
    T* const middle = backend_.scratch(0, slices * t_.rows * in_plane);
    backend_.rows(t_, in, slices, in_plane, kNothing, T(1), middle);
    backend_.planes(h_, w_, middle, slices * t_.rows, base, scale, out);
  }

  const Map &c_, &t_, &h_, &w_;
  Backend& backend_;
};

}  // namespace lvtino
