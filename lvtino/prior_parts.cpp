// Parts that ask a prior.
#include "lvtino/core/error.hpp"
#include "lvtino/part_factories.hpp"

namespace lvtino::parts {
namespace {

class PriorPart : public Part {
 public:
  PriorPart(const SpecReader& reader, bool video) : Part(reader), video_(video) {}
  PartNeeds needs() const override { return {.video_prior = video_, .image_prior = !video_}; }
  int videos() const override { return 4; }
  Tensor apply(const Tensor& x, SamplerState&, const PartContext& c,
               TraceEntry& entry) const override {
    return autoencode(prior(c), x, time(c), c.stream(video_), c.temperature(), correlation(c),
                      entry);
  }

 protected:
  const Prior& prior(const PartContext& c) const { return video_ ? *c.video : *c.image; }
  double time(const PartContext& c) const {
    return video_ ? c.numbers().t_video : c.numbers().t_image;
  }
  double correlation(const PartContext& c) const {
    return video_ ? 0 : c.options.image_noise_correlation;
  }
  bool of_video() const { return video_; }

 private:
  bool video_;
};

bool names_video(const SpecReader& reader) {
  return reader.choice("prior", {.doc = "which of the two",
                                 .choices = {"video", "image"},
                                 .fallback = "video"}) == "video";
}

// u = SAE(x; t); the result is u - scale d(|A u - y|^2/2)/dx, the derivative taken through decoder,
// model and encoder: the step of Chung et al., "Diffusion posterior sampling" (ICLR 2023), on a consistency
// model. They divide scale by |A u - y|, so that it depends on the number of pixels; here scale |A|^2 does
// not, and is at most about 1.
class GuidedPart final : public PriorPart {
 public:
  explicit GuidedPart(const SpecReader& reader)
      : PriorPart(reader, names_video(reader)),
        scale_(reader.number("scale", {.doc = "of the step against the gradient of |A u - y|^2/2; at most about 1/|A|^2",
                                       .fallback = 1.0,
                                       .low = 0,
                                       .high = 1e9})) {}
  PartNeeds needs() const override {
    PartNeeds needs = PriorPart::needs();
    needs.linear = true;
    return needs;
  }
  int videos() const override { return 6; }
  Tensor apply(const Tensor& x, SamplerState&, const PartContext& c,
               TraceEntry& entry) const override {
    const auto& [a, y, sigma] = c.measurement();
    const double t = time(c);
    entry.t = t;
    entry.noise = prior(c).schedule().noise(t) / prior(c).schedule().signal(t);
    const Linearised u = linearised_autoencode(prior(c), x, t, c.stream(of_video()),
                                               c.temperature(), correlation(c));
    const Tensor residual = a->apply(u.value).sub_(y);
    return at::sub(u.value, u.pullback(a->adjoint(residual)), scale_);
  }

 private:
  double scale_;
};

}  // namespace

std::shared_ptr<const Part> read_video_prior(const SpecReader& reader) {
  return std::make_shared<PriorPart>(reader, true);
}

std::shared_ptr<const Part> read_image_prior(const SpecReader& reader) {
  return std::make_shared<PriorPart>(reader, false);
}

std::shared_ptr<const Part> read_guided_prior(const SpecReader& reader) {
  return std::make_shared<GuidedPart>(reader);
}

}  // namespace lvtino::parts
