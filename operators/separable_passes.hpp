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
///   takes_planes_first(t, h, w)                   which of the next two costs less
///   planes_then_rows, rows_then_planes(t, h, w, in, slices, base, scale, out)
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

  void volumes(std::int64_t slices, const T* in, const T* base, T scale, T* out) const {
    if (h_.identity && w_.identity)
      return backend_.rows(t_, in, slices, h_.columns * w_.columns, base, scale, out);
    if (t_.identity) return backend_.planes(h_, w_, in, slices * t_.columns, base, scale, out);
    if (backend_.takes_planes_first(t_, h_, w_))
      return backend_.planes_then_rows(t_, h_, w_, in, slices, base, scale, out);
    backend_.rows_then_planes(t_, h_, w_, in, slices, base, scale, out);
  }

  const Map &c_, &t_, &h_, &w_;
  Backend& backend_;
};

}  // namespace lvtino
