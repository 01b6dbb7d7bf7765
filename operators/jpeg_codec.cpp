#include "operators/jpeg_codec.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

constexpr double kTop = 255;     // levels of an 8-bit sample
constexpr double kMargin = 1e-3; // of a step, left out at each end of an interval

// libjpeg rounds halves away from zero.
Tensor rounded(const Tensor& x) { return (x.abs() + 0.5).floor_().mul_(x.sign()); }

Tensor offset_of(const JpegTransform& transform) {
  Tensor out = at::zeros({1, 1, 1, 1, transform.layout().values}, transform.placement().options());
  for (const JpegComponent& c : transform.layout().components)
    out.narrow(4, c.begin, c.values()).view({-1, 64}).select(1, 0).fill_(8 * c.shift);
  return out;
}

}  // namespace

JpegCodec::JpegCodec(std::shared_ptr<const JpegTransform> transform, Tensor steps)
    : transform_(std::move(transform)), steps_(std::move(steps)), offset_(offset_of(*transform_)) {
  const Shape& range = transform_->range();
  const std::int64_t tables = steps_.dim() == 5 ? steps_.size(2) : 0;
  if (tables != 1 && tables != range[2])
    throw ShapeError(text("JPEG steps: expected [1, 1, 1 or ", range[2], ", 1, ", range[4],
                          "], got ", describe(steps_)));
  require(steps_, {1, 1, tables, 1, range[4]}, transform_->placement(), "JPEG steps");
  if (!(steps_.min().item<double>() >= 1))
    throw NumericalError("JPEG steps: expected at least 1 everywhere");
}

Tensor JpegCodec::encode(const Tensor& x) const {
  return rounded(transform_->apply(x).mul_(kTop).sub_(offset_).div_(steps_));
}

Tensor JpegCodec::scaled(const Tensor& levels) const {
  require(levels, transform_->range(), transform_->placement(), "JPEG levels");
  return (levels * steps_).add_(offset_).div_(kTop);
}

Tensor JpegCodec::decode(const Tensor& levels) const {
  return transform_->decode_add(at::zeros(transform_->domain(), transform_->placement().options()),
                                scaled(levels));
}

Intervals JpegCodec::intervals(const Tensor& levels, double slack, double width) const {
  if (!(slack >= 0) || !(width > 0 && width <= 1))
    throw NumericalError(text("JPEG intervals: expected slack >= 0 and 0 < width <= 1, got ", slack, ", ", width));
  const Tensor middle = scaled(levels), half = (steps_ * (width * (0.5 - kMargin)) + slack) / kTop;
  return Intervals(transform_, middle - half, middle + half);
}

Tensor steps_of_tables(const JpegTransform& transform,
                       const std::vector<std::array<int, 64>>& tables) {
  const JpegLayout& layout = transform.layout();
  if (tables.size() != layout.components.size())
    throw ShapeError(text("JPEG: expected ", layout.components.size(), " tables, got ", tables.size()));
  Tensor out = at::empty({1, 1, 1, 1, layout.values}, transform.placement().options());
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const std::vector<double> steps(tables[i].begin(), tables[i].end());
    const JpegComponent& c = layout.components[i];
    out.narrow(4, c.begin, c.values()).view({-1, 64}).copy_(at::tensor(steps, at::kDouble));
  }
  return out;
}

Tensor standard_steps(const JpegTransform& transform, int quality) {
  std::vector<std::array<int, 64>> tables;
  const bool ycc = transform.layout().color == JpegColor::ycc;
  for (std::size_t i = 0; i < transform.layout().components.size(); ++i)
    tables.push_back(jpeg_steps(ycc && i > 0, quality));
  return steps_of_tables(transform, tables);
}

JpegRoundTrip::JpegRoundTrip(JpegCodec codec)
    : ForwardModel("jpeg", codec.transform()->domain(), codec.transform()->domain(),
                   codec.transform()->placement()),
      codec_(std::move(codec)) {}

}  // namespace lvtino
