#pragma once

#include "lvtino/core/spec.hpp"
#include "priors/heavy_tailed_model.hpp"
#include "priors/prior.hpp"

namespace lvtino {

/// What a spec of a heavy-tailed prior leaves out: see docs/spec.md. Round values near those that
/// `--fit-prior` finds on two hand-held clips.
struct HeavyTailedDefaults {
  double mean, shape, chroma;
  WaveletGrid grid;
};
HeavyTailedDefaults heavy_tailed_defaults(bool video);

/// The factories of `prior_table`.
std::shared_ptr<const Prior> make_heavy_tailed_video(const SpecReader& reader, const Shape& pixels,
                                                     const Placement& placement);
std::shared_ptr<const Prior> make_heavy_tailed_image(const SpecReader& reader, const Shape& pixels,
                                                     const Placement& placement);

}  // namespace lvtino
