#include "priors/frame_batches.hpp"

namespace lvtino {

Tensor map_frames(const Tensor& x, std::int64_t batch, const Placement& compute,
                  const std::function<Tensor(const Tensor& images)>& map) {
  const std::int64_t clips = x.size(0), frames = x.size(2), count = clips * frames;
  Tensor out;  // [N, T, C', H', W']
  for (std::int64_t first = 0; first < count; first += batch) {
    std::vector<Tensor> images;
    for (std::int64_t i = first; i < std::min(first + batch, count); ++i)
      images.push_back(x[i / frames].select(1, i % frames));
    const Tensor mapped = map(at::stack(images).to(compute.options()));
    if (!out.defined())
      out = at::empty({clips, mapped.size(1), frames, mapped.size(2), mapped.size(3)}, x.options());
    for (std::int64_t i = first; i < first + mapped.size(0); ++i)
      out[i / frames].select(1, i % frames).copy_(mapped[i - first]);
  }
  return out;
}

}  // namespace lvtino
