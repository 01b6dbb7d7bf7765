#include <algorithm>
#include <vector>

#include "lvtino/core/error.hpp"
#include "solvers/interval_projector.hpp"

namespace lvtino {
namespace {

// Whole coded units of a frame, [row, row + height) x [column, column + width) in pixels.
struct Region {
  std::int64_t row, column;
  std::shared_ptr<const JpegTransform> transform;  // of one frame of the region, float64
};

// Coded units do not know each other, so the frame falls apart: its whole units, where J J' is well
// conditioned (and 4:4:4 is exact), and the strips at the right and the bottom, where padding repeats
// pixels and the iteration takes longer.
std::vector<Region> regions_of(const JpegLayout& layout) {
  const JpegComponent& c = layout.components.front();
  const std::int64_t unit_v = 8 * c.blocks_v * c.step_v, unit_h = 8 * c.blocks_h * c.step_h;
  const std::int64_t whole_v = layout.height / unit_v * unit_v, whole_h = layout.width / unit_h * unit_h;
  std::vector<Region> out;
  const auto add = [&](std::int64_t row, std::int64_t column, std::int64_t height, std::int64_t width) {
    if (height == 0 || width == 0) return;
    const JpegLayout part(height, width, layout.color, layout.factors);
    out.push_back({row, column,
                   std::make_shared<JpegTransform>(Shape{1, 3, 1, height, width},
                                                   Placement{at::kDouble, at::kCPU}, part)});
  };
  add(0, 0, whole_v, whole_h);
  add(0, whole_h, whole_v, layout.width - whole_h);
  add(whole_v, 0, layout.height - whole_v, layout.width);
  return out;
}

Tensor frame_of(const Tensor& x, std::int64_t n, std::int64_t t) {
  return x.narrow(0, n, 1).narrow(2, t, 1);
}

Tensor pixels_of(const Tensor& frame, const Region& region) {
  const JpegLayout& part = region.transform->layout();
  return frame.narrow(3, region.row, part.height).narrow(4, region.column, part.width);
}

// The coefficients of the region's blocks out of those of a frame.
Tensor values_of(const Tensor& frame, const JpegLayout& layout, const Region& region) {
  const JpegLayout& part = region.transform->layout();
  std::vector<Tensor> pieces;
  for (std::size_t i = 0; i < layout.components.size(); ++i) {
    const JpegComponent &all = layout.components[i], &own = part.components[i];
    const Tensor blocks = frame.narrow(4, all.begin, all.values()).reshape({all.block_rows, all.block_columns, 64});
    pieces.push_back(blocks.narrow(0, region.row / (8 * all.step_v), own.block_rows)
                         .narrow(1, region.column / (8 * all.step_h), own.block_columns)
                         .reshape({-1}));
  }
  return at::cat(pieces).to(at::kDouble).view(region.transform->range());
}

// One frame and region at a time, in float64 whatever the video's dtype is.
class JpegFramesProjector final : public IntervalProjector {
 public:
  JpegFramesProjector(const Intervals& intervals, std::shared_ptr<const JpegTransform> transform,
                      IntervalProjectionOptions options)
      : IntervalProjector(intervals), transform_(std::move(transform)), regions_(regions_of(transform_->layout())) {
    if (!(options.feasibility > 0))
      options.feasibility = transform_->placement().dtype == at::kDouble ? 1e-9 : 1e-6;
    for (const Region& region : regions_) solvers_.push_back(dual_solver(region.transform, options));
  }
  bool exact() const override { return false; }

 private:
  Projection do_project(const Tensor& v) const override {
    Projection out;
    SolveSummary& all = out.summary;
    all.why = SolveSummary::Why::converged;
    all.x = at::empty_like(v);
    for (std::int64_t n = 0; n < v.size(0); ++n)
      for (std::int64_t t = 0; t < v.size(2); ++t)
        for (std::size_t r = 0; r < regions_.size(); ++r) {
          const Projection found = solved(frame_of(v, n, t), n, t, r);
          pixels_of(frame_of(all.x, n, t), regions_[r]).copy_(found.summary.x);
          all.iterations = std::max(all.iterations, found.summary.iterations);
          all.residual = std::max(all.residual, found.summary.residual);
          out.half_squared_distance += found.half_squared_distance;
          if (found.summary.ok()) continue;
          all.why = found.summary.why;
          all.message = text("frame ", t, ": ", found.summary.message);
        }
    return out;
  }

  Projection solved(const Tensor& frame, std::int64_t n, std::int64_t t, std::size_t r) const {
    const Region& region = regions_[r];
    const JpegLayout& layout = transform_->layout();
    const Intervals set(region.transform, values_of(frame_of(intervals().lower, n, t), layout, region),
                        values_of(frame_of(intervals().upper, n, t), layout, region));
    const Tensor v = pixels_of(frame, region).to(at::kDouble).contiguous();
    if (region.transform->layout().invertible()) return jpeg_projector(set)->project(v);
    return solvers_[r](set, v);
  }

  std::shared_ptr<const JpegTransform> transform_;
  std::vector<Region> regions_;
  std::vector<DualSolver> solvers_;
};

}  // namespace

std::shared_ptr<const IntervalProjector> jpeg_frames_projector(const Intervals& intervals,
                                                               const IntervalProjectionOptions& options) {
  auto transform = std::dynamic_pointer_cast<const JpegTransform>(intervals.op);
  if (!transform)
    throw NotSupportedError(text("projection: ", intervals.op->name(), " is no JPEG transform"));
  return std::make_shared<JpegFramesProjector>(intervals, std::move(transform), options);
}

}  // namespace lvtino
