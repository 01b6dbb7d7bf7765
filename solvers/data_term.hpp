#pragma once

#include <memory>

#include "solvers/prox.hpp"

namespace lvtino {

/// The data term g of a restoration as solvers and the sampler see it: a convex function of the video
/// with its prox, a certified lower bound of its Moreau envelope, and a measure of fit.
class DataTerm : public Prox {
 public:
  /// What it is called in messages and reports.
  virtual const std::string& name() const = 0;
  /// Shape of the videos that it judges.
  virtual const Shape& domain() const = 0;

  /// Replaces v by its prox, with less memory than `solve` where the term can.
  virtual SolveSummary solve_in_place(Tensor& v, double gamma) const;

  /// A lower bound of min_x g(x) + |x - w|^2 / (2 gamma), as tight as the term can certify.
  virtual double envelope_lower_bound(const Tensor& w, double gamma) const = 0;

  /// The gradient of g at x, for first-order methods. Throws NotSupportedError where there is none.
  virtual Tensor gradient(const Tensor& x) const;

  /// The part of g that belongs to channel `channel` of sample `sample`, on videos [1, 1, T, H, W], where
  /// g is the sum of such parts; else null.
  virtual std::shared_ptr<const DataTerm> slice(std::int64_t sample, std::int64_t channel) const;

  /// How well x explains the data: about 1 where what is left is noise, 0 where nothing is left.
  virtual double misfit(const Tensor& x) const = 0;
};

}  // namespace lvtino
