#include "priors/consistency_model.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino {

ConsistencyModel::ConsistencyModel(Shape domain, Placement placement,
                                   std::shared_ptr<const NoiseSchedule> schedule)
    : domain_(std::move(domain)), placement_(placement), schedule_(std::move(schedule)) {
  element_count(domain_);
}

Tensor ConsistencyModel::origin(const Tensor& z_t, double t) const {
  require(z_t, domain_, placement_, "consistency model: the noisy latent");
  Tensor z = do_origin(z_t, t);
  require(z, domain_, placement_, "consistency model: the clean latent");
  return z;
}

Tensor ConsistencyModel::origin(const Tensor& z_t, double t, const Rng& rng) const {
  require(z_t, domain_, placement_, "consistency model: the noisy latent");
  Tensor z = do_origin_drawn(z_t, t, rng);
  require(z, domain_, placement_, "consistency model: the clean latent");
  return z;
}

Tensor ConsistencyModel::do_origin_drawn(const Tensor& z_t, double t, const Rng&) const {
  return do_origin(z_t, t);
}

Linearised ConsistencyModel::linearised(const Tensor& z_t, double t) const {
  require(z_t, domain_, placement_, "consistency model: the noisy latent");
  Linearised out = do_linearised(z_t, t);
  require(out.value, domain_, placement_, "consistency model: the clean latent");
  return out;
}

Linearised ConsistencyModel::do_linearised(const Tensor&, double) const {
  throw NotSupportedError("guidance: this prior has no derivative");
}

}  // namespace lvtino
