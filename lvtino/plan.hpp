#pragma once

#include <memory>

#include "lvtino/core/spec.hpp"
#include "lvtino/measurement_model.hpp"
#include "lvtino/sampler.hpp"
#include "lvtino/start.hpp"
#include "operators/noise_table.hpp"
#include "solvers/data_prox.hpp"

namespace lvtino {

/// The mathematical part of a spec, built for one video shape: what a restoration consists of
/// before there is a measurement.
struct Plan {
  Shape domain;
  Placement placement;
  OperatorPtr op;
  NoisePtr noise;                              ///< of a linear measurement; else null
  MeasurementModelPtr model;                   ///< how a video is measured: A, then what is not linear
  std::shared_ptr<const JpegClip> jpeg;        ///< files that are the measurement; else null
  StartPtr first;                              ///< where x_0 comes from
  double start_cutoff = 0;                     ///< relative singular-value cutoff of A^+ y
  std::shared_ptr<const Prior> video, image;   ///< either may be null
  TotalVariation variation{0, 0, 0};
  JointProxOptions joint;
  ConjugateGradientOptions conjugate_gradient;
  DataFallback fallback = DataFallback::conjugate_gradient;
  std::int64_t memory_budget = 0;              ///< bytes of a joint prox; 0: none
  bool warm_start = true;                      ///< a joint prox begins with the dual field of the one before
  SamplerOptions sampler;
  int samples = 1;                             ///< independent runs of the sampler

  std::shared_ptr<const DataProx> data_prox(const Measurement& measurement) const;
  /// What the sampler's data steps use: `data`, in the box if there is one.
  std::shared_ptr<const DataTerm> data_step(std::shared_ptr<const DataTerm> data) const;
  std::shared_ptr<const JointProx> joint_prox(std::shared_ptr<const DataTerm> data) const;
  /// Why the CPU computes the joint proxes though a device is there; empty where that does, or where
  /// the spec names none.
  std::string joint_refusal() const;
  /// Bytes that a joint prox takes on the device while it computes; 0 where the CPU does.
  std::int64_t joint_device_bytes() const;
  Sampler make_sampler(const Measurement& measurement) const;
  /// Data of this operator, with the sigma that the noise model gives the data term.
  Measurement measurement(const Tensor& y) const { return Measurement(op, y, noise->data_sigma(y)); }
  /// x_0.
  SolveSummary start(const Measurement& measurement) const;

  /// Bytes of the arrays of one joint prox, its argument included.
  std::int64_t joint_bytes() const;
  /// Bytes that a restoration needs at its peak, counted from the arrays of the stages.
  std::int64_t estimated_bytes() const;
};

/// Reads the keys operator, measurement, noise, start, priors, total_variation, solver and sampler of
/// a whole spec. `jpeg`: files that are the measurement. Throws SpecError with the pointer of what
/// does not fit.
Plan read_plan(const SpecReader& spec, const Shape& domain, const Placement& placement,
               std::shared_ptr<const JpegClip> jpeg = nullptr);

}  // namespace lvtino
