#include "lvtino/device/march.hpp"
#include "lvtino/device/tv_parts.hpp"
#include "lvtino/device/tv_steps.hpp"

namespace lvtino::device {
namespace {

template <class T>
struct Sweep {
  DualStep<T> step;
  T theta;
  const T* u;
  T a, b, c;
  T wh, wv, wt;
};

// A thread follows a pack of columns of one row through the frames. Beside the field of its own
// voxels it computes that of the row above and of the voxel to the left, which look at them; the
// frame before it knows from its last step.
template <class T, int width, Field kind>
__global__ void __launch_bounds__(kMarchThreads)
    sweep_kernel(March m, Sweep<T> p, TvIterate<T> now, TvIterate<T> next) {
  using Numbers = Pack<T, width>;
  const Walk walk = m.walk<width>();
  if (!walk.inside) return;
  const Sight<T, width, true> sight{now.x, now.state, p.theta};
  const std::int64_t plane = m.height * m.width;
  const bool last_row = walk.row + 1 == m.height, last_column = walk.column + width >= m.width;
  const bool has_left = now.q.h && walk.column > 0, has_above = now.q.v && walk.row > 0;
  const Numbers zero = filled<width>(T(0));
  // The field of a row of voxels whose sight is `here`.
  const auto advance_row = [&](const Numbers& here, T beside, const Numbers& below,
                               const Numbers& later, Numbers& h, Numbers& v, Numbers& s) {
#pragma unroll
    for (int k = 0; k < width; ++k) {
      const T right = k + 1 < width ? here.at[k + 1 < width ? k + 1 : k] : beside;
      advance_field<kind>(p.step, here.at[k], right, below.at[k], later.at[k], h.at[k], v.at[k],
                          s.at[k]);
    }
  };
  const auto load_fields = [&](std::int64_t at, Numbers& h, Numbers& v, Numbers& s) {
    h = load_or_zero<width>(now.q.h, at);
    v = load_or_zero<width>(now.q.v, at);
    s = load_or_zero<width>(now.q.t, at);
  };
  std::int64_t at = walk.offset;
  Numbers here = sight.pack(at), earlier = zero;
  if (now.q.t && walk.first > 0) {
    const std::int64_t before = at - plane;
    const Numbers seen = sight.pack(before);
    Numbers h, v;
    load_fields(before, h, v, earlier);
    advance_row(seen, last_column ? seen.at[width - 1] : sight.one(before + width),
                last_row ? seen : sight.pack(before + m.width), here, h, v, earlier);
  }
  Numbers above_here = has_above ? sight.pack(at - m.width) : zero;
  T left_here = has_left ? sight.one(at - 1) : T(0);
  for (std::int64_t t = walk.first; t < walk.end; ++t, at += plane) {
    const bool last_frame = t + 1 == m.frames;
    Numbers h, v, s;
    load_fields(at, h, v, s);
    const Numbers later = last_frame ? here : sight.pack(at + plane);
    advance_row(here, last_column ? here.at[width - 1] : sight.one(at + width),
                last_row ? here : sight.pack(at + m.width), later, h, v, s);
    if (next.q.h) store(next.q.h + at, h);
    if (next.q.v) store(next.q.v + at, v);
    if (next.q.t) store(next.q.t + at, s);
    Numbers above = zero;
    if (has_above) {
      const std::int64_t up = at - m.width;
      const Numbers above_later = last_frame ? above_here : sight.pack(up + plane);
      Numbers of_h, of_s;
      load_fields(up, of_h, above, of_s);
      advance_row(above_here, last_column ? above_here.at[width - 1] : sight.one(up + width), here,
                  above_later, of_h, above, of_s);
      above_here = above_later;
    }
    T left = T(0);
    if (has_left) {
      const T left_later = last_frame ? left_here : sight.one(at - 1 + plane);
      const T left_below = last_row ? left_here : sight.one(at - 1 + m.width);
      T of_v = now.q.v ? now.q.v[at - 1] : T(0), of_s = now.q.t ? now.q.t[at - 1] : T(0);
      left = now.q.h[at - 1];
      advance_field<kind>(p.step, left_here, here.at[0], left_below, left_later, left, of_v, of_s);
      left_here = left_later;
    }
    // No difference starts at the last sample of an axis, whatever the field holds there.
    if (last_column) h.at[width - 1] = T(0);
    if (last_row) v = zero;
    if (last_frame) s = zero;
    const Numbers x = load<width>(now.x + at), old = load<width>(now.state + at),
                  u = load<width>(p.u + at);
    Numbers state, out;
#pragma unroll
    for (int k = 0; k < width; ++k) {
      state.at[k] = p.step.relaxed(x.at[k], old.at[k]);
      const T d = p.wh * (left - h.at[k]) + p.wv * (above.at[k] - v.at[k]) +
                  p.wt * (earlier.at[k] - s.at[k]);
      left = h.at[k];
      out.at[k] = p.a * state.at[k] + p.b * u.at[k] - p.c * d;
    }
    store(next.state + at, state);
    store(next.x + at, out);
    earlier = s, here = later;
  }
}

template <class T, int width>
void sweep(const Stream& stream, const TvShape& s, bool isotropic, const Sweep<T>& p,
           const TvIterate<T>& now, const TvIterate<T>& next) {
  const auto run = [&](auto kernel) {
    const March m = march_over(s, width, 11, resident_blocks(kernel, kMarchThreads, 0));
    launch("tv_primal_dual_step", kernel, m.blocks(), kMarchShape, 0, stream, m, p, now, next);
  };
  if (isotropic)
    run(sweep_kernel<T, width, Field::isotropic>);
  else
    run(sweep_kernel<T, width, Field::anisotropic>);
}

}  // namespace

template <class T>
void tv_primal_dual_step(const Stream& stream, const TvShape& s, const TvWeights& w,
                         const TvIterate<T>& now, T theta, T step, T relaxation, const T* u, T a,
                         T b, T c, const TvIterate<T>& next) {
  const Sweep<T> p{{T(w.h) * step, T(w.v) * step, T(w.t) * step, relaxation},
                   theta, u, a, b, c, T(w.h), T(w.v), T(w.t)};
  if (packs_fit<T>(s.width, u, now.x, now.state, now.q.h, now.q.v, now.q.t, next.x, next.state,
                   next.q.h, next.q.v, next.q.t))
    sweep<T, kFullPack<T>>(stream, s, w.isotropic, p, now, next);
  else
    sweep<T, 1>(stream, s, w.isotropic, p, now, next);
}

#define LVTINO_INSTANTIATE(T)                                                                     \
  template void tv_primal_dual_step(const Stream&, const TvShape&, const TvWeights&,              \
                                    const TvIterate<T>&, T, T, T, const T*, T, T, T,              \
                                    const TvIterate<T>&);
LVTINO_INSTANTIATE(float)
LVTINO_INSTANTIATE(double)
#undef LVTINO_INSTANTIATE

}  // namespace lvtino::device
