#include "solvers/tv_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "lvtino/core/parallel.hpp"

// A row's function is not inlined: only its parameters can promise that arrays do not overlap, and
// without that the loop is not vectorised.
#define LVTINO_ROW __attribute__((noinline))

namespace lvtino::kernels {
namespace {

constexpr std::int64_t kRows = 24;  // rows of a block: its arrays of two frames fit the L2 cache

struct Block {
  std::int64_t slice, top, bottom;
};

std::int64_t block_count(const TvShape& s) { return s.slices * ((s.height + kRows - 1) / kRows); }

Block block_at(const TvShape& s, std::int64_t item) {
  const std::int64_t blocks = (s.height + kRows - 1) / kRows;
  const std::int64_t top = (item % blocks) * kRows;
  return {item / blocks, top, std::min(s.height, top + kRows)};
}

// Calls row(offset, frame, i) for every row of a block, frame after frame.
template <class Row>
void each_row(const TvShape& s, const Block& block, const Row& row) {
  for (std::int64_t t = 0; t < s.frames; ++t)
    for (std::int64_t i = block.top; i < block.bottom; ++i)
      row(((block.slice * s.frames + t) * s.height + i) * s.width, t, i);
}

// Rows from which the differences of one row are taken. Where there is no next row or frame, the
// row itself stands in: the difference is then zero.
template <class T>
struct Neighbours {
  const T* here;
  const T* below;
  const T* later;
};

template <class T>
Neighbours<T> neighbours(const TvShape& s, const T* x, std::int64_t offset, std::int64_t t,
                         std::int64_t i) {
  const T* const here = x + offset;
  return {here, i + 1 < s.height ? here + s.width : here,
          t + 1 < s.frames ? here + s.height * s.width : here};
}

template <class T>
T* row_or(T* field, std::int64_t offset, T* spare) {
  return field ? field + offset : spare;
}

template <bool isotropic, class T>
inline void project(T& h, T& v, T& t) {
  if constexpr (isotropic) {
    const T square = h * h + v * v + t * t;
    const T scale = T(1) / std::sqrt(std::max(T(1), square));
    h *= scale, v *= scale, t *= scale;
  } else {
    h = std::min(T(1), std::max(T(-1), h));
    v = std::min(T(1), std::max(T(-1), v));
    t = std::min(T(1), std::max(T(-1), t));
  }
}

// How far one iteration goes: extrapolation, steps along the axes, relaxation.
template <class T>
struct DualStep {
  DualStep(const TvWeights& w, T extrapolation, T step, T relaxation)
      : theta(extrapolation),
        h(T(w.h) * step),
        v(T(w.v) * step),
        t(T(w.t) * step),
        rho(relaxation) {}
  T theta, h, v, t, rho;
};

// `fresh`: the field is zero, whatever is stored.
template <bool isotropic, bool fresh = false, class T>
LVTINO_ROW void dual_row(std::int64_t width, const Neighbours<T>& x, const Neighbours<T>& p,
                         const DualStep<T>& step, T* __restrict qh, T* __restrict qv,
                         T* __restrict qt) {
  const T theta = step.theta, one = T(1) + theta, sh = step.h, sv = step.v, st = step.t;
  const T rho = step.rho, rest = T(1) - rho;  // of 1, 0 leaves the projection as it is, to the bit
  const auto extrapolated = [=](const T* now, const T* before, std::int64_t j) {
    return one * now[j] - theta * before[j];
  };
  const auto update = [&](std::int64_t j, T right) {
    const T centre = extrapolated(x.here, p.here, j);
    const T old_h = fresh ? T(0) : qh[j], old_v = fresh ? T(0) : qv[j],
            old_t = fresh ? T(0) : qt[j];
    T h = old_h + sh * (right - centre);
    T v = old_v + sv * (extrapolated(x.below, p.below, j) - centre);
    T t = old_t + st * (extrapolated(x.later, p.later, j) - centre);
    project<isotropic>(h, v, t);
    qh[j] = rho * h + rest * old_h;
    qv[j] = rho * v + rest * old_v;
    qt[j] = rho * t + rest * old_t;
  };
  for (std::int64_t j = 0; j < width - 1; ++j) update(j, extrapolated(x.here, p.here, j + 1));
  update(width - 1, extrapolated(x.here, p.here, width - 1));
}

template <bool isotropic, class T>
void dual_step(const TvShape& s, const TvWeights& w, const T* x, const T* previous, T theta, T step,
               const TvFields<T>& q) {
  const DualStep<T> one(w, theta, step, T(1));
  parallel_for(block_count(s), 1, [&](std::int64_t begin, std::int64_t end) {
    // Stands in for the field of an axis of weight 0.
    std::vector<T> spare(std::size_t(3 * s.width));
    for (std::int64_t item = begin; item < end; ++item)
      each_row(s, block_at(s, item), [&](std::int64_t offset, std::int64_t t, std::int64_t i) {
        dual_row<isotropic>(
            s.width, neighbours(s, x, offset, t, i), neighbours(s, previous, offset, t, i), one,
            row_or(q.h, offset, spare.data()), row_or(q.v, offset, spare.data() + s.width),
            row_or(q.t, offset, spare.data() + 2 * s.width));
      });
  });
}

template <bool isotropic, class T>
void smoothed_row(std::int64_t width, const Neighbours<T>& x, T wh, T wv, T wt, T square,
                  T* __restrict qh, T* __restrict qv, T* __restrict qt) {
  const auto update = [&](std::int64_t j, T right) {
    const T centre = x.here[j];
    const T h = wh * (right - centre), v = wv * (x.below[j] - centre),
            t = wt * (x.later[j] - centre);
    if constexpr (isotropic) {
      const T scale = T(1) / std::sqrt(h * h + v * v + t * t + square);
      qh[j] = h * scale, qv[j] = v * scale, qt[j] = t * scale;
    } else {
      qh[j] = h / std::sqrt(h * h + square);
      qv[j] = v / std::sqrt(v * v + square);
      qt[j] = t / std::sqrt(t * t + square);
    }
  };
  for (std::int64_t j = 0; j < width - 1; ++j) update(j, x.here[j + 1]);
  update(width - 1, x.here[width - 1]);
}

template <bool isotropic, class T>
void smoothed_field(const TvShape& s, const TvWeights& w, const T* x, T square,
                    const TvFields<T>& q) {
  parallel_for(block_count(s), 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<T> spare(std::size_t(3 * s.width));
    for (std::int64_t item = begin; item < end; ++item)
      each_row(s, block_at(s, item), [&](std::int64_t offset, std::int64_t t, std::int64_t i) {
        smoothed_row<isotropic>(s.width, neighbours(s, x, offset, t, i), T(w.h), T(w.v), T(w.t),
                                square, row_or(q.h, offset, spare.data()),
                                row_or(q.v, offset, spare.data() + s.width),
                                row_or(q.t, offset, spare.data() + 2 * s.width));
      });
  });
}

// One row of K'q: sixteen at a time into a small buffer would cost a pass, so it stays a lambda.
template <class T>
struct AdjointRow {
  const T *h, *v, *above, *t, *earlier;
  T wh, wv, wt;
  /// `along` is the part of the row itself, h[j-1] - h[j].
  T at(std::int64_t j, T along) const {
    return wh * along + wv * (above[j] - v[j]) + wt * (earlier[j] - t[j]);
  }
};

// No difference starts at the last row or frame, whatever the field holds there.
template <class T>
AdjointRow<T> adjoint_row(const TvShape& s, const TvWeights& w, const TvFields<T>& q,
                          std::int64_t offset, std::int64_t t, std::int64_t i, const T* none) {
  return {q.h ? q.h + offset : none,
          q.v && i + 1 < s.height ? q.v + offset : none,
          q.v && i > 0 ? q.v + offset - s.width : none,
          q.t && t + 1 < s.frames ? q.t + offset : none,
          q.t && t > 0 ? q.t + offset - s.height * s.width : none,
          T(w.h),
          T(w.v),
          T(w.t)};
}

// `fresh`: x and state are u, whatever is stored.
template <bool fresh, class T>
LVTINO_ROW void advance_row(std::int64_t width, const AdjointRow<T>& k, T rho, T a, const T* u, T b,
                            T c, T* __restrict x, T* __restrict state) {
  const T rest = T(1) - rho;
  const auto update = [&](std::int64_t j, T along) {
    const T relaxed = fresh ? u[j] : rho * x[j] + rest * state[j];
    x[j] = a * relaxed + b * u[j] - c * k.at(j, along);
    state[j] = relaxed;
  };
  const std::int64_t last = width - 1;
  if (last > 0) update(0, -k.h[0]);
  for (std::int64_t j = 1; j < last; ++j) update(j, k.h[j - 1] - k.h[j]);
  update(last, last > 0 ? k.h[last - 1] : T(0));
}

template <bool isotropic, bool fresh, class T>
void primal_dual_step(const TvShape& s, const TvWeights& w, T* x, T* state, const DualStep<T>& step,
                      const T* u, T a, T b, T c, const TvFields<T>& q) {
  const std::vector<T> zeros(std::size_t(s.width));
  const auto advance = [&](std::int64_t offset, std::int64_t t, std::int64_t i) {
    advance_row<fresh>(s.width, adjoint_row(s, w, q, offset, t, i, zeros.data()), step.rho, a,
                       u + offset, b, c, x + offset, state + offset);
  };
  parallel_for(block_count(s), 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<T> spare(std::size_t(3 * s.width));
    for (std::int64_t item = begin; item < end; ++item) {
      const Block block = block_at(s, item);
      each_row(s, block, [&](std::int64_t offset, std::int64_t t, std::int64_t i) {
        dual_row<isotropic, fresh>(s.width, neighbours(s, fresh ? u : x, offset, t, i),
                                   neighbours(s, fresh ? u : state, offset, t, i), step,
                                   row_or(q.h, offset, spare.data()),
                                   row_or(q.v, offset, spare.data() + s.width),
                                   row_or(q.t, offset, spare.data() + 2 * s.width));
        // Differences still to be taken look right, below and ahead, never back at this row. The
        // first row of a block waits: the block above looks at it, and its field is not known here.
        if (i > block.top || i == 0) advance(offset, t, i);
      });
    }
  });
  parallel_for(block_count(s), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t item = begin; item < end; ++item) {
      Block block = block_at(s, item);
      block.bottom = block.top + 1;
      if (block.top > 0) each_row(s, block, advance);
    }
  });
}

template <class T>
double primal_row(std::int64_t width, const AdjointRow<T>& k, const T* x, T a, const T* u, T b, T c,
                  T half_gamma, T* out) {
  constexpr std::int64_t kLanes = 16;
  double total = 0;
  T lanes[kLanes] = {};
  const auto update = [&](std::int64_t j, T along) {
    const T d = k.at(j, along);
    if (out) out[j] = (x ? a * x[j] + b * u[j] : b * u[j]) - c * d;
    return d * (u[j] - half_gamma * d);
  };
  const std::int64_t last = width - 1;
  if (last > 0) total += double(update(0, -k.h[0]));
  std::int64_t j = 1;
  // A row is short enough for partial sums of its own type; rows are summed in float64.
  for (; j + kLanes <= last; j += kLanes)
    for (std::int64_t l = 0; l < kLanes; ++l)
      lanes[l] += update(j + l, k.h[j + l - 1] - k.h[j + l]);
  for (; j < last; ++j) total += double(update(j, k.h[j - 1] - k.h[j]));
  // No difference starts at the last column, whatever the field holds there.
  total += double(update(last, last > 0 ? k.h[last - 1] : T(0)));
  for (T lane : lanes) total += double(lane);
  return total;
}

template <bool isotropic, class T>
double value_row(std::int64_t width, const Neighbours<T>& x, T wh, T wv, T wt) {
  constexpr std::int64_t kLanes = 16;
  T lanes[kLanes] = {};
  const auto term = [&](std::int64_t j, T right) {
    const T h = wh * (right - x.here[j]), v = wv * (x.below[j] - x.here[j]),
            t = wt * (x.later[j] - x.here[j]);
    if constexpr (isotropic) return std::sqrt(h * h + v * v + t * t);
    return std::abs(h) + std::abs(v) + std::abs(t);
  };
  std::int64_t j = 0;
  for (; j + kLanes <= width - 1; j += kLanes)
    for (std::int64_t l = 0; l < kLanes; ++l) lanes[l] += term(j + l, x.here[j + l + 1]);
  double total = 0;
  for (; j < width; ++j) total += double(term(j, x.here[std::min(j + 1, width - 1)]));
  for (T lane : lanes) total += double(lane);
  return total;
}

template <class T>
double distance_row(std::int64_t width, const T* x, const T* u) {
  constexpr std::int64_t kLanes = 16;
  double lanes[kLanes] = {}, total = 0;
  const auto term = [&](std::int64_t j) {
    const double d = double(x[j]) - double(u[j]);
    return d * d;
  };
  std::int64_t j = 0;
  for (; j + kLanes <= width; j += kLanes)
    for (std::int64_t l = 0; l < kLanes; ++l) lanes[l] += term(j + l);
  for (; j < width; ++j) total += term(j);
  for (double lane : lanes) total += lane;
  return total;
}

}  // namespace

template <class T>
void tv_dual_step(const TvShape& s, const TvWeights& w, const T* x, const T* previous, T theta,
                  T step, const TvFields<T>& q) {
  if (w.isotropic)
    dual_step<true>(s, w, x, previous, theta, step, q);
  else
    dual_step<false>(s, w, x, previous, theta, step, q);
}

template <class T>
double tv_primal_step(const TvShape& s, const TvWeights& w, const T* x, T a, const T* u, T b, T c,
                      const TvFields<T>& q, double gamma, T* out) {
  const std::vector<T> zeros(std::size_t(s.width));
  const T* const none = zeros.data();
  return parallel_sum(block_count(s), [&](std::int64_t item) {
    double total = 0;
    each_row(s, block_at(s, item), [&](std::int64_t offset, std::int64_t t, std::int64_t i) {
      total +=
          primal_row(s.width, adjoint_row(s, w, q, offset, t, i, none), x ? x + offset : nullptr, a,
                     u + offset, b, c, T(gamma / 2), out ? out + offset : nullptr);
    });
    return total;
  });
}

template <class T>
void tv_primal_dual_step(const TvShape& s, const TvWeights& w, T* x, T* state, T theta, T step,
                         T relaxation, const T* u, T a, T b, T c, const TvFields<T>& q) {
  const DualStep<T> dual(w, theta, step, relaxation);
  if (w.isotropic)
    primal_dual_step<true, false>(s, w, x, state, dual, u, a, b, c, q);
  else
    primal_dual_step<false, false>(s, w, x, state, dual, u, a, b, c, q);
}

template <class T>
void tv_first_step(const TvShape& s, const TvWeights& w, const T* u, T step, T relaxation, T a, T b,
                   T c, const TvFields<T>& q, T* x, T* state) {
  const DualStep<T> dual(w, T(0), step, relaxation);
  if (w.isotropic)
    primal_dual_step<true, true>(s, w, x, state, dual, u, a, b, c, q);
  else
    primal_dual_step<false, true>(s, w, x, state, dual, u, a, b, c, q);
}

template <class T>
void tv_smoothed_field(const TvShape& s, const TvWeights& w, const T* x, T mu,
                       const TvFields<T>& q) {
  if (w.isotropic)
    smoothed_field<true>(s, w, x, mu * mu, q);
  else
    smoothed_field<false>(s, w, x, mu * mu, q);
}

template <class T>
TvValue tv_value(const TvShape& s, const TvWeights& w, const T* x, const T* u) {
  std::vector<double> distances(std::size_t(block_count(s)));
  const double variation = parallel_sum(block_count(s), [&](std::int64_t item) {
    double total = 0, distance = 0;
    each_row(s, block_at(s, item), [&](std::int64_t offset, std::int64_t t, std::int64_t i) {
      const Neighbours<T> around = neighbours(s, x, offset, t, i);
      total += w.isotropic ? value_row<true>(s.width, around, T(w.h), T(w.v), T(w.t))
                           : value_row<false>(s.width, around, T(w.h), T(w.v), T(w.t));
      if (u) distance += distance_row(s.width, around.here, u + offset);
    });
    distances[std::size_t(item)] = distance;
    return total;
  });
  double squared = 0;
  for (double distance : distances) squared += distance;
  return {variation, squared};
}

#define LVTINO_INSTANTIATE(T)                                                                    \
  template void tv_dual_step(const TvShape&, const TvWeights&, const T*, const T*, T, T,         \
                             const TvFields<T>&);                                                \
  template double tv_primal_step(const TvShape&, const TvWeights&, const T*, T, const T*, T, T,  \
                                 const TvFields<T>&, double, T*);                                \
  template void tv_primal_dual_step(const TvShape&, const TvWeights&, T*, T*, T, T, T, const T*, \
                                    T, T, T, const TvFields<T>&);                                \
  template void tv_first_step(const TvShape&, const TvWeights&, const T*, T, T, T, T, T,         \
                              const TvFields<T>&, T*, T*);                                       \
  template void tv_smoothed_field(const TvShape&, const TvWeights&, const T*, T,                 \
                                  const TvFields<T>&);                                           \
  template TvValue tv_value(const TvShape&, const TvWeights&, const T*, const T*);
LVTINO_INSTANTIATE(float)
LVTINO_INSTANTIATE(double)
#undef LVTINO_INSTANTIATE
#undef LVTINO_ROW

}  // namespace lvtino::kernels
