#include "priors/denoiser_model.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

class Limited final : public NoiseSchedule {
 public:
  Limited(std::shared_ptr<const NoiseSchedule> whole, double t_max)
      : whole_(std::move(whole)), t_max_(t_max) {}

  double t_min() const override { return whole_->t_min(); }
  double t_max() const override { return t_max_; }
  std::string name() const override { return whole_->name(); }

 private:
  double do_signal(double t) const override { return whole_->signal(t); }
  double do_noise(double t) const override { return whole_->noise(t); }
  double do_t_of_ratio(double ratio) const override { return whole_->t_of_ratio(ratio); }

  std::shared_ptr<const NoiseSchedule> whole_;
  double t_max_;
};

}  // namespace

// Bisection needs no more than that the ratio grows, and finds the edge of a step on a grid too.
std::shared_ptr<const NoiseSchedule> limited(std::shared_ptr<const NoiseSchedule> schedule,
                                             double largest_ratio) {
  const auto fits = [&](double t) {
    return schedule->noise(t) <= largest_ratio * schedule->signal(t);
  };
  double low = schedule->t_min(), high = schedule->t_max();
  if (!fits(low))
    throw NotSupportedError(text(schedule->name(),
                                 ": expected a time of noise / signal <= ", largest_ratio,
                                 ", its least is ", schedule->noise(low) / schedule->signal(low)));
  if (fits(high)) return schedule;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (fits(middle) ? low : high) = middle;
  }
  return std::make_shared<Limited>(std::move(schedule), low);
}

DenoiserModel::DenoiserModel(Shape domain, Placement placement,
                             std::shared_ptr<const NoiseSchedule> schedule,
                             std::shared_ptr<const BlockAutoencoder> autoencoder, Denoiser denoiser)
    : ConsistencyModel(domain, placement,
                       limited(std::move(schedule), denoiser.largest_sigma * autoencoder->scale())),
      autoencoder_(std::move(autoencoder)),
      denoiser_(std::move(denoiser)) {
  autoencoder_->pixel_shape(domain);
}

Tensor DenoiserModel::do_origin(const Tensor& z_t, double t) const {
  const double signal = schedule().signal(t), noise = schedule().noise(t);
  const Tensor z = at::mul(z_t, 1 / signal);
  if (noise == 0) return z;
  const Tensor x = autoencoder_->decode(z);
  const std::int64_t n = x.size(0), c = x.size(1), frames = x.size(2), height = x.size(3),
                     width = x.size(4);
  const Tensor images = x.transpose(1, 2).reshape({n * frames, c, height, width});
  const Tensor clean = denoiser_.denoise(images, noise / (signal * autoencoder_->scale()));
  return autoencoder_->encode(
      clean.view({n, frames, c, height, width}).transpose(1, 2).contiguous());
}

}  // namespace lvtino
