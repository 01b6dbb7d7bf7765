#include "operators/psf_operator.hpp"

#include "lvtino/core/error.hpp"
#include "operators/psf_kernels.hpp"

namespace lvtino {
namespace {

Shape range_of(const Shape& domain, const Tensor& kernel, bool valid) {
  if (domain.size() != 5 || element_count(domain) < 1)
    throw ShapeError(text("expected a non-empty domain [N, C, T, H, W], got ", to_string(domain)));
  if (kernel.dim() != 2 || kernel.numel() < 1)
    throw ShapeError(text("expected a kernel [Kh, Kw], got ", describe(kernel)));
  if (!valid) return domain;
  const Shape out = {domain[0], domain[1], domain[2], domain[3] - kernel.size(0) + 1,
                     domain[4] - kernel.size(1) + 1};
  if (out[3] < 1 || out[4] < 1)
    throw ShapeError(text("a kernel ", to_string(shape_of(kernel)), " leaves nothing valid of ",
                          to_string(domain)));
  return out;
}

// Sample p of the padded axis is x[p - before].
std::vector<std::int64_t> sources(std::int64_t length, std::int64_t taps, std::optional<Boundary> boundary) {
  std::vector<std::int64_t> out;
  const std::int64_t before = boundary ? taps - 1 - (taps - 1) / 2 : 0;
  const std::int64_t padded = boundary ? length + taps - 1 : length;
  for (std::int64_t p = 0; p < padded; ++p)
    out.push_back(boundary ? source_index(p - before, length, *boundary) : p);
  return out;
}

}  // namespace

PsfOperator::PsfOperator(const Shape& domain, const Placement& placement, const Tensor& kernel,
                         std::optional<Boundary> boundary)
    : LinearOperator("psf", domain, range_of(domain, kernel, !boundary), placement),
      row_source_(sources(domain[3], kernel.size(0), boundary)),
      column_source_(sources(domain[4], kernel.size(1), boundary)) {
  if (!placement.device.is_cpu())
    throw NotBuiltError(text("psf operators run on the CPU, not on ", placement.device.str()));
  if (placement.dtype != at::kFloat && placement.dtype != at::kDouble)
    throw PlacementError(text("expected float32 or float64, got ", to_string(placement)));
  const Tensor taps = kernel.to(at::kCPU, at::kDouble).contiguous();
  const auto values = taps.accessor<double, 2>();
  for (std::int64_t k = 0; k < taps.size(0); ++k)
    for (std::int64_t l = 0; l < taps.size(1); ++l) {
      if (values[k][l] == 0) continue;
      rows_.push_back(taps.size(0) - 1 - k);
      columns_.push_back(taps.size(1) - 1 - l);
      weights_.push_back(values[k][l]);
    }
  single_.assign(weights_.begin(), weights_.end());
}

template <class T>
void PsfOperator::run(bool transposed, const std::vector<T>& weights, const Tensor& in, Tensor& out) const {
  const kernels::PlaneTaps<T> taps = {
      std::int64_t(weights.size()), rows_.data(),      columns_.data(), weights.data(),
      domain()[3],                  domain()[4],       std::int64_t(row_source_.size()),
      std::int64_t(column_source_.size()), range()[3], range()[4],      row_source_.data(),
      column_source_.data()};
  const std::int64_t planes = domain()[0] * domain()[1] * domain()[2];
  (transposed ? kernels::correlate_planes_transposed<T> : kernels::correlate_planes<T>)(
      taps, in.const_data_ptr<T>(), planes, out.mutable_data_ptr<T>());
}

Tensor PsfOperator::do_apply(const Tensor& x) const {
  Tensor y = at::empty(range(), x.options());
  if (placement().dtype == at::kFloat)
    run(false, single_, x, y);
  else
    run(false, weights_, x, y);
  return y;
}

Tensor PsfOperator::do_adjoint(const Tensor& y) const {
  Tensor x = at::empty(domain(), y.options());
  if (placement().dtype == at::kFloat)
    run(true, single_, y, x);
  else
    run(true, weights_, y, x);
  return x;
}

}  // namespace lvtino
