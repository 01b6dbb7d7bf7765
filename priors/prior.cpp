#include "priors/prior.hpp"

#include <algorithm>

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

Tensor stochastic_autoencode(const Prior& prior, const Tensor& x, double t, const Rng& rng,
                             double temperature) {
  if (!(temperature >= 0))
    throw NotSupportedError(
        text("stochastic_autoencode: expected a temperature >= 0, got ", temperature));
  require(x, prior.pixels(), prior.placement(), "stochastic_autoencode");
  const double signal = prior.schedule().signal(t), noise = prior.schedule().noise(t);
  Tensor z = prior.autoencoder().encode(x);
  add_noise(z, signal, temperature * noise, rng);
  z = prior.model().origin(z, t, rng.fork("model"));
  return prior.autoencoder().decode(z);
}

}  // namespace lvtino
