#pragma once

#include <vector>

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// argmin_x 1/2 |x - y|^2 + lambda sum |x[i+1] - x[i]|, exact in O(n): dynamic programming on the derivative
/// of the message, a piecewise linear function whose slope changes are kept in a deque (Johnson, 2013).
std::vector<double> tv_denoised_line(const std::vector<double>& y, double lambda);

/// The same along every line of `axis` of a tensor, in float64 inside: the exact prox of weight phi with step
/// gamma for lambda = weight gamma, where total variation weighs that axis alone.
Tensor tv_denoised_axis(const Tensor& x, std::int64_t axis, double lambda);

}  // namespace lvtino
