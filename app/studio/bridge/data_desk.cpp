// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/data_desk.h"
#include "app/studio/bridge/data_view.h"
#include "core/base/json.h"

namespace loom {

Result<std::shared_ptr<const Dataset>> DatasetCache::get(const DatasetSpec& spec,
                                                         const std::filesystem::path& project) {
  const std::lock_guard lock(mutex_);
  const std::string key = compactJson(toJson(spec));
  if (key != key_ || dataset_ == nullptr) {
    auto loaded = load(spec, project);
    if (!loaded) return loaded.error();
    dataset_ = std::make_shared<const Dataset>(std::move(*loaded));
    key_ = key;
  }
  return dataset_;
}

void DataDesk::answer(const ProjectData&, const Reply<DataView>& reply) {
  hub_.onPool([folder = project_.folder, spec = project_.data, cache = cache_, reply] {
    if (!reply.wanted()) return;
    auto data = cache->get(spec, folder);
    if (!data) return reply(data.error());
    reply(makeDataView(spec, **data, folder));
  });
}

void DataDesk::answer(const ProjectDataFacts&, const Reply<DataFacts>& reply) {
  hub_.onPool([folder = project_.folder, spec = project_.data, reply] {
    if (reply.wanted()) reply(readFacts(spec, folder));
  });
}

void DataDesk::answer(const PicturesOf& question, const Reply<SamplePictures>& reply) {
  hub_.onPool(
      [question, folder = project_.folder, spec = project_.data, cache = cache_, access = access_, reply] {
        if (!reply.wanted()) return;
        DatasetSpec wanted = spec;
        // A run shows the data that it was trained on, whatever the project's data is now.
        if (!question.run.isEmpty()) {
          auto config = access->site(question.run.toStdString()).config(question.run.toStdString());
          if (!config) return reply(config.error());
          wanted = config->data;
        }
        auto data = cache->get(wanted, folder);
        if (!data) return reply(data.error());
        SamplePictures answer;
        for (const int number : question.numbers) {
          const bool known = number >= 0 && number < (*data)->samples;
          answer.pictures << (known ? samplePicture(**data, number) : QImage());
          answer.captions << (known ? sampleCaption(**data, number) : QString());
        }
        reply(answer);
      });
}

void answer(Hub& hub, const InspectData& question, const Reply<DataReport>& reply) {
  hub.onPool([question, reply] {
    if (reply.wanted()) reply(inspect(question.fileOrFolder.toStdString(), question.target.toStdString()));
  });
}

void answer(Hub& hub, const PreviewData& question, const Reply<DataView>& reply) {
  hub.onPool([question, reply] {
    if (!reply.wanted()) return; // a later question is waiting
    auto data = load(question.spec, {});
    if (!data) return reply(data.error());
    if (reply.wanted()) reply(makeDataView(question.spec, *data, {}));
  });
}

} // namespace loom
