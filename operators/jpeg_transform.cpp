#include "operators/jpeg_transform.hpp"

#include <algorithm>

#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "operators/jpeg_kernels.hpp"

namespace lvtino {
namespace {

Shape checked_range(const Shape& domain, const JpegLayout& layout) {
  if (domain.size() != 5 || domain[1] != 3 || domain[3] != layout.height || domain[4] != layout.width)
    throw ShapeError(text("JPEG: expected videos [N, 3, T, ", layout.height, ", ", layout.width,
                          "], got ", to_string(domain)));
  return {domain[0], 1, domain[2], 1, layout.values};
}

kernels::JpegPlane plane_of(const JpegLayout& layout, const JpegComponent& c,
                            const std::array<double, 3>& color, std::int64_t stride) {
  return {.color = {color[0], color[1], color[2]},
          .step_v = c.step_v,
          .step_h = c.step_h,
          .block_columns = c.block_columns,
          .height = layout.height,
          .width = layout.width,
          .channel_stride = stride,
          .rows = c.rows.data(),
          .columns = c.columns.data()};
}

// Calls work(frame, coefficient offset of the frame, component, plane, block row, scratch) for every
// row of blocks. One task owns the pixel rows of its row of coded units.
template <class Work>
void over_blocks(const Shape& domain, const JpegLayout& layout, bool decoding, const Work& work) {
  const std::int64_t frames = domain[2], area = layout.height * layout.width;
  parallel_for(domain[0] * frames * layout.unit_rows, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<double> scratch;
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t unit = task % layout.unit_rows, frame = task / layout.unit_rows;
      const std::int64_t first = (frame / frames * 3 * frames + frame % frames) * area;
      for (const JpegComponent& c : layout.components) {
        const auto plane = plane_of(layout, c, decoding ? c.column : c.row, frames * area);
        scratch.resize(std::max(scratch.size(), std::size_t(kernels::jpeg_scratch(plane))));
        const std::int64_t stop = std::min<std::int64_t>((unit + 1) * c.blocks_v, c.block_rows);
        for (std::int64_t row = unit * c.blocks_v; row < stop; ++row)
          work(first, frame * layout.values + c.begin + row * c.block_columns * 64, c, plane, row,
               scratch.data());
      }
    }
  });
}

template <class T>
void analyse(const Shape& domain, const JpegLayout& layout, const Tensor& x, Tensor& out) {
  const T* from = x.const_data_ptr<T>();
  T* to = out.mutable_data_ptr<T>();
  over_blocks(domain, layout, false,
              [&](std::int64_t pixel, std::int64_t value, const JpegComponent&,
                  const kernels::JpegPlane& plane, std::int64_t row, double* scratch) {
                kernels::jpeg_analyse<T>(plane, from + pixel, row, to + value, scratch);
              });
}

template <class T>
void synthesise(const Shape& domain, const JpegLayout& layout, const Tensor& c, bool decoding,
                Tensor& out) {
  const T* from = c.const_data_ptr<T>();
  T* to = out.mutable_data_ptr<T>();
  over_blocks(domain, layout, decoding,
              [&](std::int64_t pixel, std::int64_t value, const JpegComponent& component,
                  const kernels::JpegPlane& plane, std::int64_t row, double* scratch) {
                const double weight = decoding ? 1 : 1.0 / (component.step_v * component.step_h);
                kernels::jpeg_synthesise<T>(plane, from + value, row, weight, !decoding, to + pixel,
                                            scratch);
              });
}

}  // namespace

JpegTransform::JpegTransform(const Shape& domain, const Placement& placement, JpegLayout layout)
    : LinearOperator("jpeg", domain, checked_range(domain, layout), placement),
      layout_(std::move(layout)) {
  if (placement.device != at::kCPU ||
      (placement.dtype != at::kFloat && placement.dtype != at::kDouble))
    throw PlacementError(text("JPEG: expected float32 or float64 on the CPU, got ",
                              to_string(placement)));
}

Tensor JpegTransform::do_apply(const Tensor& x) const {
  Tensor out = at::empty(range(), placement().options());
  if (placement().dtype == at::kFloat)
    analyse<float>(domain(), layout_, x, out);
  else
    analyse<double>(domain(), layout_, x, out);
  return out;
}

Tensor JpegTransform::synthesised(const Tensor& v, const Tensor& c, bool decoding) const {
  Tensor out = v.clone();
  if (placement().dtype == at::kFloat)
    synthesise<float>(domain(), layout_, c, decoding, out);
  else
    synthesise<double>(domain(), layout_, c, decoding, out);
  return out;
}

Tensor JpegTransform::do_adjoint(const Tensor& y) const {
  return synthesised(at::zeros(domain(), placement().options()), y, false);
}

Tensor JpegTransform::decode_add(const Tensor& v, const Tensor& c) const {
  require(v, domain(), placement(), "JPEG decoder: video");
  require(c, range(), placement(), "JPEG decoder: coefficients");
  return synthesised(v, c, true);
}

Tensor JpegTransform::row_norms_squared() const {
  Tensor out = at::empty({1, 1, 1, 1, layout_.values}, placement().options());
  for (const JpegComponent& c : layout_.components) {
    const auto& [r, g, b] = c.row;
    out.narrow(4, c.begin, c.values()).fill_((r * r + g * g + b * b) / (c.step_v * c.step_h));
  }
  return out;
}

}  // namespace lvtino
