#include "priors/nn/chunked_attention.hpp"

#include "priors/nn/layers.hpp"

namespace lvtino::nn {

Tensor chunked_attention(const Tensor& q, const Tensor& k, const Tensor& v,
                         std::int64_t most_scores) {
  const std::int64_t queries = q.size(-2);
  const std::int64_t scores_of_query = q.size(0) * q.size(1) * k.size(-2);
  const std::int64_t most = std::max<std::int64_t>(1, most_scores / scores_of_query);
  if (queries <= most) return attention(q, k, v);
  Tensor out = at::empty({q.size(0), q.size(1), queries, v.size(-1)}, v.options());
  for (std::int64_t first = 0; first < queries; first += most) {
    const std::int64_t count = std::min(most, queries - first);
    out.narrow(-2, first, count).copy_(attention(q.narrow(-2, first, count), k, v));
  }
  return out;
}

}  // namespace lvtino::nn
