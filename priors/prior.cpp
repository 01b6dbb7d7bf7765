#include "priors/prior.hpp"

#include <algorithm>
#include <cmath>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

// z <- signal z + amplitude eps, in chunks that stay in the cache; eps is never held as a whole.
// Every number of a stream has its own address, so the chunks do not change what is drawn.
void add_noise(Tensor& z, double signal, double amplitude, const Rng& rng) {
  constexpr std::int64_t kChunk = 1 << 20;
  const Tensor flat = z.view(-1);
  for (std::int64_t first = 0; first < flat.numel(); first += kChunk) {
    const std::int64_t count = std::min(kChunk, flat.numel() - first);
    Tensor part = flat.narrow(0, first, count).mul_(signal);
    if (amplitude != 0) part.add_(rng.normal({count}, placement_of(z), first).mul_(amplitude));
  }
}

// The same with frames that hang together: e_t = rho e_{t-1} + sqrt(1 - rho^2) eps_t, e_0 = eps_0,
// with the eps that independent frames would get.
void add_correlated_noise(Tensor& z, double signal, double amplitude, double rho, const Rng& rng) {
  constexpr std::int64_t kChunk = 1 << 18;
  const std::int64_t frames = z.size(2), plane = z.size(3) * z.size(4),
                     clips = z.size(0) * z.size(1);
  const Tensor rows = z.mul_(signal).view({clips * frames, plane});
  const double fresh = std::sqrt(1 - rho * rho);
  for (std::int64_t clip = 0; clip < clips; ++clip)
    for (std::int64_t first = 0; first < plane; first += kChunk) {
      const std::int64_t count = std::min(kChunk, plane - first);
      Tensor field;
      for (std::int64_t t = 0; t < frames; ++t) {
        const std::int64_t row = clip * frames + t;
        if (t == 0)
          field = rng.normal({count}, placement_of(z), row * plane + first);
        else if (fresh > 0)
          field.mul_(rho).add_(rng.normal({count}, placement_of(z), row * plane + first), fresh);
        rows.select(0, row).narrow(0, first, count).add_(field, amplitude);
      }
    }
}

}  // namespace

Prior::Prior(std::string name, Shape pixels, std::shared_ptr<const Autoencoder> autoencoder,
             std::shared_ptr<const ConsistencyModel> model)
    : name_(std::move(name)),
      pixels_(std::move(pixels)),
      autoencoder_(std::move(autoencoder)),
      model_(std::move(model)) {
  const Shape latent = autoencoder_->latent_shape(pixels_);
  if (latent != model_->domain())
    throw ShapeError(text("prior ", name_, ": the autoencoder makes latents ", to_string(latent),
                          ", the model wants ", to_string(model_->domain())));
}

void Prior::prepare() const {
  autoencoder_->prepare();
  model_->prepare();
}

namespace {

// z_t = signal z + temperature noise eps, z = E(x).
Tensor noisy_latent(const Prior& prior, const Tensor& x, double t, const Rng& rng, double temperature,
                    double frame_correlation) {
  if (!(temperature >= 0))
    throw NotSupportedError(
        text("stochastic_autoencode: expected a temperature >= 0, got ", temperature));
  if (!(frame_correlation >= 0 && frame_correlation <= 1))
    throw NotSupportedError(
        text("stochastic_autoencode: expected a correlation of frames in [0, 1], got ",
             frame_correlation));
  require(x, prior.pixels(), prior.placement(), "stochastic_autoencode");
  const double signal = prior.schedule().signal(t), noise = prior.schedule().noise(t);
  Tensor z = prior.autoencoder().encode(x);
  if (frame_correlation > 0 && temperature * noise > 0)
    add_correlated_noise(z, signal, temperature * noise, frame_correlation, rng);
  else
    add_noise(z, signal, temperature * noise, rng);
  return z;
}

}  // namespace

Tensor stochastic_autoencode(const Prior& prior, const Tensor& x, double t, const Rng& rng,
                             double temperature, double frame_correlation) {
  Tensor z = noisy_latent(prior, x, t, rng, temperature, frame_correlation);
  z = prior.model().origin(z, t, rng.fork("model"));
  return prior.autoencoder().decode(z);
}

Linearised linearised_autoencode(const Prior& prior, const Tensor& x, double t, const Rng& rng,
                                 double temperature, double frame_correlation) {
  const auto coder = dynamic_cast<const BlockAutoencoder*>(&prior.autoencoder());
  if (!coder) throw NotSupportedError(text("guidance: the autoencoder of ", prior.name(), " has no derivative"));
  const Tensor z = noisy_latent(prior, x, t, rng, temperature, frame_correlation);
  const Linearised origin = prior.model().linearised(z, t);
  const double signal = prior.schedule().signal(t), scale = coder->scale();
  // E(x) = scale B (x - offset) and D(z) = B'z/scale + offset, so D'w = (E(w) - E(0))/scale^2 and
  // E'v = scale^2 (D(v) - D(0)): both through B alone.
  const auto pullback = [coder, signal, scale, back = origin.pullback](const Tensor& w) {
    const Tensor through_decoder = coder->encode(w).sub_(coder->encode(at::zeros_like(w))).div_(scale * scale);
    const Tensor through_model = back(through_decoder);
    return coder->decode(through_model).sub_(coder->decode(at::zeros_like(through_model))).mul_(signal * scale * scale);
  };
  return {coder->decode(origin.value), pullback};
}

}  // namespace lvtino
