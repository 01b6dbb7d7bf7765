#include "lvtino/device/tv_steps.hpp"

#include "lvtino/device/block_sum.hpp"
#include "lvtino/device/march.hpp"
#include "lvtino/device/pack.hpp"
#include "lvtino/device/tv_parts.hpp"

namespace lvtino::device {
namespace {

template <class T, int width, Field kind, bool extrapolates>
__global__ void __launch_bounds__(kMarchThreads)
    field_kernel(March m, Sight<T, width, extrapolates> sight, DualStep<T> step, TvFields<T> q) {
  const Walk walk = m.walk<width>();
  if (!walk.inside) return;
  const std::int64_t plane = m.height * m.width;
  const bool last_row = walk.row + 1 == m.height, last_column = walk.column + width >= m.width;
  std::int64_t at = walk.offset;
  Pack<T, width> here = sight.pack(at);
  for (std::int64_t t = walk.first; t < walk.end; ++t, at += plane) {
    Pack<T, width> h = filled<width>(T(0)), v = h, s = h;
    if constexpr (kind != Field::gradient) {
      if (q.h) h = load<width>(q.h + at);
      if (q.v) v = load<width>(q.v + at);
      if (q.t) s = load<width>(q.t + at);
    }
    const Pack<T, width> later = t + 1 < m.frames ? sight.pack(at + plane) : here;
    const Pack<T, width> below = last_row ? here : sight.pack(at + m.width);
    const T beside = last_column ? here.at[width - 1] : sight.one(at + width);
#pragma unroll
    for (int k = 0; k < width; ++k) {
      const T right = k + 1 < width ? here.at[k + 1 < width ? k + 1 : k] : beside;
      advance_field<kind>(step, here.at[k], right, below.at[k], later.at[k], h.at[k], v.at[k],
                          s.at[k]);
    }
    if (q.h) store(q.h + at, h);
    if (q.v) store(q.v + at, v);
    if (q.t) store(q.t + at, s);
    here = later;
  }
}

template <class T>
struct Primal {
  const T* x;
  T a;
  const T* u;
  T b, c;
  T wh, wv, wt;
  T half_gamma;
  T* out;
  const T* state = nullptr;
  T rho = 1;
  T* next_state = nullptr;
};

enum class PrimalKind { plain, sums, relaxed };

template <class T, int width, PrimalKind kind>
__global__ void __launch_bounds__(kMarchThreads)
    primal_kernel(March m, Primal<T> p, TvFields<T> q, double* partial) {
  const Walk walk = m.walk<width>();
  const std::int64_t plane = m.height * m.width;
  const bool has_left = q.h && walk.column > 0, last_column = walk.column + width >= m.width;
  const bool has_above = q.v && walk.row > 0, has_v = q.v && walk.row + 1 < m.height;
  double sum = 0;
  if (walk.inside) {
    std::int64_t at = walk.offset;
    const Pack<T, width> zero = filled<width>(T(0));
    Pack<T, width> earlier = q.t && walk.first > 0 ? load<width>(q.t + at - plane) : zero;
    for (std::int64_t t = walk.first; t < walk.end; ++t, at += plane) {
      Pack<T, width> h = q.h ? load<width>(q.h + at) : zero;
      const Pack<T, width> v = has_v ? load<width>(q.v + at) : zero;
      const Pack<T, width> s = q.t && t + 1 < m.frames ? load<width>(q.t + at) : zero;
      const Pack<T, width> above = has_above ? load<width>(q.v + at - m.width) : zero;
      Pack<T, width> x = p.x ? load<width>(p.x + at) : zero;
      const Pack<T, width> u = p.u ? load<width>(p.u + at) : zero;
      T left = has_left ? q.h[at - 1] : T(0);
      // No difference starts at the last sample of an axis, whatever the field holds there.
      if (last_column) h.at[width - 1] = T(0);
      if constexpr (kind == PrimalKind::relaxed) {
        const Pack<T, width> old = p.state ? load<width>(p.state + at) : x;
#pragma unroll
        for (int k = 0; k < width; ++k)
          x.at[k] = p.rho * x.at[k] + (T(1) - p.rho) * old.at[k];
        store(p.next_state + at, x);
      }
      Pack<T, width> out;
      double here = 0;
#pragma unroll
      for (int k = 0; k < width; ++k) {
        const T d = p.wh * (left - h.at[k]) + p.wv * (above.at[k] - v.at[k]) +
                    p.wt * (earlier.at[k] - s.at[k]);
        left = h.at[k];
        out.at[k] = p.a * x.at[k] + p.b * u.at[k] - p.c * d;
        if constexpr (kind == PrimalKind::sums) here += double(d * (u.at[k] - p.half_gamma * d));
      }
      if (p.out) store(p.out + at, out);
      if constexpr (kind == PrimalKind::sums) sum += here;
      earlier = s;
    }
  }
  if constexpr (kind == PrimalKind::sums) add_over_block(sum, partial);
}

// partial[block] and partial[blocks + block].
template <class T, int width, bool isotropic>
__global__ void __launch_bounds__(kMarchThreads)
    value_kernel(March m, const T* x, const T* u, T wh, T wv, T wt, double* partial) {
  const Walk walk = m.walk<width>();
  const std::int64_t plane = m.height * m.width;
  const bool last_row = walk.row + 1 == m.height, last_column = walk.column + width >= m.width;
  double variation = 0, distance = 0;
  if (walk.inside) {
    std::int64_t at = walk.offset;
    Pack<T, width> here = load<width>(x + at);
    for (std::int64_t t = walk.first; t < walk.end; ++t, at += plane) {
      const Pack<T, width> later = t + 1 < m.frames ? load<width>(x + at + plane) : here;
      const Pack<T, width> below = last_row ? here : load<width>(x + at + m.width);
      const Pack<T, width> aim = u ? load<width>(u + at) : here;
      const T beside = last_column ? here.at[width - 1] : x[at + width];
#pragma unroll
      for (int k = 0; k < width; ++k) {
        const T right = k + 1 < width ? here.at[k + 1 < width ? k + 1 : k] : beside;
        const T dh = wh * (right - here.at[k]), dv = wv * (below.at[k] - here.at[k]),
                dt = wt * (later.at[k] - here.at[k]);
        if constexpr (isotropic)
          variation += double(sqrt(dh * dh + dv * dv + dt * dt));
        else
          variation += double(fabs(dh) + fabs(dv) + fabs(dt));
        const double d = double(here.at[k]) - double(aim.at[k]);
        distance += d * d;
      }
      here = later;
    }
  }
  add_over_block(variation, partial);
  add_over_block(distance, partial + gridDim.x);
}

static_assert(kMarchThreads == kSumThreads);

template <class T, int width, Field kind>
void field_step(const Stream& stream, const TvShape& s, const T* x, const T* previous, T theta,
                const DualStep<T>& step, const TvFields<T>& q) {
  const auto run = [&](auto kernel, auto sight, double words) {
    const March m = march_over(s, width, words, resident_blocks(kernel, kMarchThreads, 0));
    launch("tv_dual_step", kernel, m.blocks(), kMarchShape, 0, stream, m, sight, step, q);
  };
  if (theta != 0)
    run(field_kernel<T, width, kind, true>, Sight<T, width, true>{x, previous, theta}, 8);
  else
    run(field_kernel<T, width, kind, false>, Sight<T, width, false>{x, nullptr, theta}, 7);
}

template <class T, Field kind>
void field_step(const Stream& stream, const TvShape& s, const TvWeights& w, const T* x,
                const T* previous, T theta, T size, T relaxation, const TvFields<T>& q) {
  const DualStep<T> step{T(w.h) * size, T(w.v) * size, T(w.t) * size, relaxation};
  if (packs_fit<T>(s.width, x, previous, q.h, q.v, q.t))
    field_step<T, kFullPack<T>, kind>(stream, s, x, previous, theta, step, q);
  else
    field_step<T, 1, kind>(stream, s, x, previous, theta, step, q);
}

template <class T, PrimalKind kind>
void primal_step(const Stream& stream, const TvShape& s, const Primal<T>& p, const TvFields<T>& q,
                 double* partial, double* sum) {
  const auto run = [&](auto kernel, int width) {
    constexpr bool sums = kind == PrimalKind::sums;
    const std::int64_t bytes = sums ? kSumBytes : 0;
    const double words = kind == PrimalKind::relaxed ? 8 : 6;
    const March m = march_over(s, width, words, resident_blocks(kernel, kMarchThreads, bytes));
    launch("tv_primal_step", kernel, m.blocks(), kMarchShape, bytes, stream, m, p, q, partial);
    if (sums) add_partials(stream, partial, m.blocks(), 1, sum);
  };
  if (packs_fit<T>(s.width, p.x, p.u, q.h, q.v, q.t, p.out, p.state, p.next_state))
    run(primal_kernel<T, kFullPack<T>, kind>, kFullPack<T>);
  else
    run(primal_kernel<T, 1, kind>, 1);
}

template <class T, bool isotropic>
void value(const Stream& stream, const TvShape& s, const TvWeights& w, const T* x, const T* u,
           double* partial, double* sums) {
  const auto run = [&](auto kernel, int width) {
    const March m = march_over(s, width, 2, resident_blocks(kernel, kMarchThreads, kSumBytes));
    launch("tv_value", kernel, m.blocks(), kMarchShape, kSumBytes, stream, m, x, u, T(w.h),
           T(w.v), T(w.t), partial);
    add_partials(stream, partial, m.blocks(), 2, sums);
  };
  if (packs_fit<T>(s.width, x, u))
    run(value_kernel<T, kFullPack<T>, isotropic>, kFullPack<T>);
  else
    run(value_kernel<T, 1, isotropic>, 1);
}

}  // namespace

template <class T>
void tv_dual_step(const Stream& stream, const TvShape& s, const TvWeights& w, const T* x,
                  const T* previous, T theta, T step, T relaxation, const TvFields<T>& q) {
  if (w.isotropic)
    field_step<T, Field::isotropic>(stream, s, w, x, previous, theta, step, relaxation, q);
  else
    field_step<T, Field::anisotropic>(stream, s, w, x, previous, theta, step, relaxation, q);
}

template <class T>
void tv_gradient(const Stream& stream, const TvShape& s, const TvWeights& w, const T* x,
                 const TvFields<T>& q) {
  field_step<T, Field::gradient>(stream, s, w, x, nullptr, T(0), T(1), T(1), q);
}

template <class T>
void tv_primal_step(const Stream& stream, const TvShape& s, const TvWeights& w, const T* x, T a,
                    const T* u, T b, T c, const TvFields<T>& q, T* out) {
  primal_step<T, PrimalKind::plain>(stream, s, {x, a, u, b, c, T(w.h), T(w.v), T(w.t), T(0), out}, q,
                                    nullptr, nullptr);
}

template <class T>
void tv_relaxed_primal_step(const Stream& stream, const TvShape& s, const TvWeights& w, const T* x,
                            const T* state, T relaxation, T a, const T* u, T b, T c,
                            const TvFields<T>& q, T* next, T* next_state) {
  primal_step<T, PrimalKind::relaxed>(stream, s,
                                      {x, a, u, b, c, T(w.h), T(w.v), T(w.t), T(0), next, state,
                                       relaxation, next_state},
                                      q, nullptr, nullptr);
}

template <class T>
void tv_primal_step_with_sum(const Stream& stream, const TvShape& s, const TvWeights& w, const T* x,
                             T a, const T* u, T b, T c, const TvFields<T>& q, double gamma, T* out,
                             double* partial, double* sum) {
  primal_step<T, PrimalKind::sums>(
      stream, s, {x, a, u, b, c, T(w.h), T(w.v), T(w.t), T(gamma / 2), out}, q, partial, sum);
}

template <class T>
void tv_value(const Stream& stream, const TvShape& s, const TvWeights& w, const T* x, const T* u,
              double* partial, double* sums) {
  if (w.isotropic)
    value<T, true>(stream, s, w, x, u, partial, sums);
  else
    value<T, false>(stream, s, w, x, u, partial, sums);
}

std::int64_t tv_partials(const TvShape& s) { return march_of_frames(s, 1, 1).blocks(); }

#define LVTINO_INSTANTIATE(T)                                                                      \
  template void tv_dual_step(const Stream&, const TvShape&, const TvWeights&, const T*, const T*,  \
                             T, T, T, const TvFields<T>&);                                         \
  template void tv_gradient(const Stream&, const TvShape&, const TvWeights&, const T*,             \
                            const TvFields<T>&);                                                   \
  template void tv_primal_step(const Stream&, const TvShape&, const TvWeights&, const T*, T,       \
                               const T*, T, T, const TvFields<T>&, T*);                            \
  template void tv_relaxed_primal_step(const Stream&, const TvShape&, const TvWeights&, const T*,  \
                                       const T*, T, T, const T*, T, T, const TvFields<T>&, T*,     \
                                       T*);                                                        \
  template void tv_value(const Stream&, const TvShape&, const TvWeights&, const T*, const T*,      \
                         double*, double*);                                                        \
  template void tv_primal_step_with_sum(const Stream&, const TvShape&, const TvWeights&, const T*, \
                                        T, const T*, T, T, const TvFields<T>&, double, T*,         \
                                        double*, double*);
LVTINO_INSTANTIATE(float)
LVTINO_INSTANTIATE(double)
#undef LVTINO_INSTANTIATE

}  // namespace lvtino::device
