// Draws a video from a prior and passes it through stochastic autoencoding.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/rng.hpp"
#include "priors/prior.hpp"
#include "priors/table.hpp"

int main() {
  try {
    const lvtino::Shape pixels = {1, 3, 5, 16, 24};
    const lvtino::SpecReader spec(lvtino::Json{{"type", "gaussian_video"}});
    const auto prior = lvtino::prior_table().make(spec, pixels, lvtino::Placement{});
    spec.finish();
    const lvtino::Rng rng(1);
    const lvtino::Tensor x = rng.fork("video").uniform(pixels, {});
    const lvtino::Tensor u = lvtino::stochastic_autoencode(*prior, x, 522, rng.fork("noise"));
    std::printf("mean level %.6f\n", lvtino::mean_value(u));
  } catch (const lvtino::Error& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
  return 0;
}
