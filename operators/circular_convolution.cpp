#include "operators/circular_convolution.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

const std::vector<std::int64_t> kAxes = {-3, -2, -1};

Tensor filtered(const Tensor& x, const Tensor& transfer) {
  const std::vector<std::int64_t> size = {x.size(2), x.size(3), x.size(4)};
  return at::fft_irfftn(at::fft_rfftn(x, c10::nullopt, kAxes).mul_(transfer), size, kAxes)
      .contiguous();
}

class FourierFactors final : public GramFactors {
 public:
  explicit FourierFactors(const Tensor& power)
      : GramFactors(Side::domain, power.min().item<double>(), power.max().item<double>()),
        power_(power) {}

  Tensor spectral(const std::function<double(double)>& f, const Tensor& r) const override {
    const Tensor gain = power_.to(at::kDouble).contiguous().clone();
    double* const values = gain.mutable_data_ptr<double>();
    for (std::int64_t i = 0; i < gain.numel(); ++i) values[i] = f(values[i]);
    return filtered(r, gain.to(r.scalar_type()));
  }

 private:
  Tensor power_;
};

// Wraps the kernel onto the grid with its centre at the origin.
Tensor wrapped(const Tensor& kernel, const Shape& domain) {
  const Tensor taps = kernel.to(at::kCPU, at::kDouble).contiguous();
  const Tensor grid = at::zeros({domain[2], domain[3], domain[4]}, at::kDouble);
  auto from = taps.accessor<double, 3>();
  auto to = grid.accessor<double, 3>();
  const auto place = [&](std::int64_t k, std::int64_t axis) {
    const std::int64_t length = domain[std::size_t(axis + 2)];
    const std::int64_t at = k - (taps.size(axis) - 1) / 2;
    return ((at % length) + length) % length;
  };
  for (std::int64_t t = 0; t < taps.size(0); ++t)
    for (std::int64_t h = 0; h < taps.size(1); ++h)
      for (std::int64_t w = 0; w < taps.size(2); ++w)
        to[place(t, 0)][place(h, 1)][place(w, 2)] += from[t][h][w];
  return grid;
}

at::ScalarType complex_of(at::ScalarType dtype) {
  return dtype == at::kDouble ? at::kComplexDouble : at::kComplexFloat;
}

}  // namespace

CircularConvolution::CircularConvolution(const Shape& domain, const Placement& placement,
                                         const Tensor& kernel)
    : LinearOperator("circular_convolution", domain, domain, placement) {
  if (domain.size() != 5 || element_count(domain) < 1)
    throw ShapeError(text("expected a non-empty domain [N, C, T, H, W], got ", to_string(domain)));
  if (kernel.dim() != 3 || kernel.numel() < 1)
    throw ShapeError(text("expected a kernel [Kt, Kh, Kw], got ", describe(kernel)));
  transfer_ = at::fft_rfftn(wrapped(kernel, domain), c10::nullopt, kAxes)
                  .to(placement.device, complex_of(placement.dtype));
}

Tensor CircularConvolution::do_apply(const Tensor& x) const { return filtered(x, transfer_); }

Tensor CircularConvolution::do_adjoint(const Tensor& y) const {
  return filtered(y, transfer_.conj().resolve_conj());
}

std::shared_ptr<const GramFactors> CircularConvolution::gram_factors() const {
  return fourier_factors(power());
}

Tensor CircularConvolution::power() const { return transfer_.abs().square(); }

std::shared_ptr<const GramFactors> fourier_factors(const Tensor& power) {
  return std::make_shared<FourierFactors>(power);
}

}  // namespace lvtino
