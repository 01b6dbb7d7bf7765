#pragma once

#include <functional>
#include <memory>

#include "lvtino/core/rng.hpp"
#include "lvtino/core/tensor.hpp"
#include "priors/schedule.hpp"

namespace lvtino {

/// The value of a map at a point and the adjoint of its derivative there: w -> F'(z)'w.
struct Linearised {
  Tensor value;
  std::function<Tensor(const Tensor&)> pullback;
};

/// A consistency function f(z_t, t): the clean latent z_0 at the origin of the probability-flow
/// trajectory that passes through z_t at time t (Song, Dhariwal, Chen and Sutskever, "Consistency
/// models", ICML 2023). It maps N(signal z_0, noise^2 I) smoothed data back to data.
///
/// Immutable, bound to one latent shape and placement. A condition (a text prompt, say) is part of
/// the model.
class ConsistencyModel {
 public:
  ConsistencyModel(Shape domain, Placement placement,
                   std::shared_ptr<const NoiseSchedule> schedule);
  virtual ~ConsistencyModel() = default;

  /// f(z_t, t), in new memory.
  /// Throws ShapeError / PlacementError unless `z_t` has the domain's shape and placement, and
  /// NotSupportedError if t is outside the schedule.
  Tensor origin(const Tensor& z_t, double t) const;
  /// The same for a model that draws (the place of a grid, say); others leave `rng` alone. For a
  /// fixed draw it is a consistency function.
  Tensor origin(const Tensor& z_t, double t, const Rng& rng) const;
  /// f(z_t, t) with the adjoint of its derivative, which may hold memory of the evaluation (a network's
  /// activations) until it is dropped. Throws NotSupportedError where a model has none.
  Linearised linearised(const Tensor& z_t, double t) const;

  /// Loads what the first use would. Throws IoError.
  void prepare() const { do_prepare(); }

  const Shape& domain() const { return domain_; }
  const Placement& placement() const { return placement_; }
  const NoiseSchedule& schedule() const { return *schedule_; }

 private:
  virtual Tensor do_origin(const Tensor& z_t, double t) const = 0;
  virtual Tensor do_origin_drawn(const Tensor& z_t, double t, const Rng& rng) const;
  virtual Linearised do_linearised(const Tensor& z_t, double t) const;
  virtual void do_prepare() const {}

  Shape domain_;
  Placement placement_;
  std::shared_ptr<const NoiseSchedule> schedule_;
};

}  // namespace lvtino
