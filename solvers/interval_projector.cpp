#include "solvers/interval_projector.hpp"

#include <algorithm>
#include <cmath>

#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "solvers/box_projection.hpp"

namespace lvtino {
namespace {

// c where A A' = c 1, else 0.
double semi_orthogonal_scale(const LinearOperator& a) {
  const auto factors = a.gram_factors();
  if (!factors || factors->side() != GramFactors::Side::range) return 0;
  const double spread = factors->largest() - factors->smallest();
  return spread <= 1e-12 * factors->largest() ? factors->largest() : 0;
}

class SemiOrthogonal final : public IntervalProjector {
 public:
  SemiOrthogonal(const Intervals& intervals, double scale)
      : IntervalProjector(intervals), scale_(scale) {}
  bool exact() const override { return true; }

 private:
  Projection do_project(const Tensor& v) const override {
    const Intervals& set = intervals();
    const Tensor values = set.op->apply(v);
    const Tensor step = at::minimum(at::maximum(values, set.lower), set.upper).sub_(values);
    // The bound with the multipliers -step / c: |step|^2 / c less half of it.
    return {.summary = {.x = set.op->adjoint_add(v, 1 / scale_, step)},
            .half_squared_distance = inner_product(step, step) / (2 * scale_)};
  }

  double scale_;
};

// W = (M M')^-1 for the three rows M of the colour matrix: from its inverse, W = N'N.
BoxProjection3::Matrix metric_of(const JpegLayout& layout) {
  BoxProjection3::Matrix out{};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      for (std::size_t k = 0; k < 3; ++k)
        out[i][j] += layout.components[i].column[k] * layout.components[j].column[k];
  return out;
}

class SkewedBoxes final : public IntervalProjector {
 public:
  SkewedBoxes(const Intervals& intervals, std::shared_ptr<const JpegTransform> transform)
      : IntervalProjector(intervals),
        transform_(std::move(transform)),
        box_(metric_of(transform_->layout())) {}
  bool exact() const override { return true; }

 private:
  Projection do_project(const Tensor& v) const override {
    Tensor values = transform_->apply(v);
    const double bound = v.scalar_type() == at::kFloat ? displace<float>(values) : displace<double>(values);
    return {.summary = {.x = transform_->decode_add(v, values)}, .half_squared_distance = bound};
  }

  // Replaces J v by the displacement that brings each triple into its box; returns the dual bound.
  template <class T>
  double displace(Tensor& values) const {
    const std::int64_t frames = values.size(0) * values.size(2), each = values.size(4);
    const std::int64_t plane = each / 3, cut = 4096, cuts = (plane + cut - 1) / cut;
    T* c = values.mutable_data_ptr<T>();
    const T* lower = intervals().lower.template const_data_ptr<T>();
    const T* upper = intervals().upper.template const_data_ptr<T>();
    return parallel_sum(frames * cuts, [&](std::int64_t task) {
      double sum = 0;
      const std::int64_t begin = task % cuts * cut, end = std::min(begin + cut, plane);
      for (std::int64_t i = task / cuts * each + begin; i < task / cuts * each + end; ++i)
        sum += displace_one(c + i, lower + i, upper + i, plane);
      return sum;
    });
  }

  template <class T>
  double displace_one(T* c, const T* lower, const T* upper, std::int64_t plane) const {
    BoxProjection3::Vector c0, l, u;
    for (std::size_t k = 0; k < 3; ++k) {
      const std::int64_t at = std::int64_t(k) * plane;
      c0[k] = double(c[at]), l[k] = double(lower[at]), u[k] = double(upper[at]);
    }
    const auto nearest = box_.project(c0, l, u);
    BoxProjection3::Vector d;
    for (std::size_t k = 0; k < 3; ++k) {
      d[k] = nearest[k] - c0[k];
      c[std::int64_t(k) * plane] = T(d[k]);
    }
    // The multipliers of A x are -W d; what they certify is half of d'Wd, less what rounding took.
    const auto slope = box_.weighted(d);
    double squared = 0, lost = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      squared += slope[k] * d[k];
      if (slope[k] == 0) continue;
      lost += std::abs(slope[k] * ((slope[k] > 0 ? l[k] : u[k]) - nearest[k]));
    }
    return std::isfinite(lost) ? squared / 2 - lost : 0;
  }

  std::shared_ptr<const JpegTransform> transform_;
  BoxProjection3 box_;
};

}  // namespace

Projection IntervalProjector::project(const Tensor& v) const {
  require(v, intervals_.op->domain(), intervals_.op->placement(), "projection");
  return do_project(v);
}

std::shared_ptr<const IntervalProjector> semi_orthogonal_projector(const Intervals& intervals) {
  const double scale = semi_orthogonal_scale(*intervals.op);
  if (!(scale > 0))
    throw NotSupportedError(text("projection: ", intervals.op->name(), " is not semi-orthogonal"));
  return std::make_shared<SemiOrthogonal>(intervals, scale);
}

std::shared_ptr<const IntervalProjector> jpeg_projector(const Intervals& intervals) {
  auto transform = std::dynamic_pointer_cast<const JpegTransform>(intervals.op);
  if (!transform || !transform->layout().invertible())
    throw NotSupportedError(text("projection: ", intervals.op->name(),
                                 " is no JPEG transform of whole blocks without subsampling"));
  return std::make_shared<SkewedBoxes>(intervals, std::move(transform));
}

std::shared_ptr<const IntervalProjector> make_interval_projector(
    const Intervals& intervals, const IntervalProjectionOptions& options) {
  if (const auto transform = std::dynamic_pointer_cast<const JpegTransform>(intervals.op))
    return transform->layout().invertible() ? jpeg_projector(intervals)
                                            : jpeg_frames_projector(intervals, options);
  const double scale = semi_orthogonal_scale(*intervals.op);
  if (scale > 0) return std::make_shared<SemiOrthogonal>(intervals, scale);
  return dual_projector(intervals, options);
}

}  // namespace lvtino
