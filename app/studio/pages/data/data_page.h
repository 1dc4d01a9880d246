// SPDX-License-Identifier: GPL-3.0-or-later
// Data: what the open project learns from (pictures by class, or a table), how it is split and prepared; and
// the way from a person's own file or folder to a project: a proposal that can be changed at once, then one
// button. Files are read behind the bridge; this page waits for its answers.
#pragma once
#include "app/studio/bridge/bridge.h"
#include "app/studio/frame/page.h"

class QCheckBox;
class QComboBox;
class QLineEdit;
class QPushButton;
class QStackedWidget;
class QVBoxLayout;

namespace loom {

class Chip;
class ClassBars;
class DataTable;
class DockTitle;
class EmptyState;
class FieldForm;
class Form;
class ImageGrid;
class MessageBar;
class NotedField;
class PageToolBar;
class PicturePanel;
class Segments;
class Session;
class Text;

class DataPage : public Page {
  Q_OBJECT
 public:
  DataPage(PageContext& context, Session* session); // without one in shots: data by hand
  void opened(const PageTarget& target) override;
  void begin(const QString& fileOrFolder);
  // What the bridge answers; shots and tests may give it by hand. A draft is not a project yet.
  void showData(const DataView& view, bool draft);
  void showReport(const DataReport& report);
  DataTable& table() { return *table_; }
  ImageGrid& grid() { return *grid_; }
  bool isDraft() const { return shown_.draft; }
  const DatasetSpec& spec() const { return shown_.view.spec; }

 Q_SIGNALS:
  void shown(); // new data stands on the page

 protected:
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  void build();
  QWidget* buildBar();
  QWidget* buildNothing();
  QWidget* buildBody();
  QWidget* buildDock(QWidget*& dock, QVBoxLayout*& column, bool left);
  QWidget* buildPictures();
  QWidget* buildRows();
  QWidget* section(const QString& title, QWidget* body, DockTitle** head = nullptr, int margin = 12);
  QWidget* buildLearn();
  QWidget* buildSplit();
  QWidget* buildPreparation();
  QWidget* buildPicture();
  QWidget* buildOptions();
  QWidget* buildCreate();
  void bind();
  void bindChoices();
  void bindSession();
  void forget(); // everything of the project or draft
  void inspect(const QString& target);
  void preview(const DatasetSpec& spec);
  void askPictures(const QVector<int>& numbers);
  void takePictures(const QVector<int>& numbers, const QVector<QImage>& pictures);
  void forgetPictures();
  void ask(); // for the data of the open project, when it is not there yet
  void askData();
  void arrange(); // which sections stand where
  void sizeDocks();
  void refresh();
  void refreshTarget(); // the form: what is proposed or chosen
  void refreshNotes();
  void refreshPlace();
  void refreshSplit();
  void refreshPreparation();
  void refreshOptions();
  void refreshGrid();
  void showEmpty();
  void waitFor(const QString& what);
  void fail(const Error& error);
  void changeSpec(const DatasetSpec& spec);
  QWidget* takeSplit();
  QWidget* takeName();
  bool takeTyped();
  void create();
  void leaveDraft();
  void choose(PathKind kind);
  void chooseEither(); // by a menu
  QString captionOf(int sample) const;

  static constexpr int formLabels = 80; // one label column for all forms of the page
  Session* session_;
  struct Shown { // what belongs to the open project, or to the draft of one
    DataView view;
    bool draft = false, have = false, asked = false, waiting = false;
    bool createNext = false, creating = false; // the project: after the awaited answer; right now
    QString path, folder; // of the draft, and chosen for the new project; an empty folder: a free one
    DataReport report;
    DatasetSpec wanted; // asked for, not answered yet
  };
  Shown shown_;

  PageToolBar* bar_;
  Chip *size_, *shape_, *count_;
  MessageBar* message_;
  QStackedWidget *stack_, *centre_;
  EmptyState* empty_;
  QWidget *body_, *leftDock_, *rightDock_;
  QVBoxLayout *left_, *right_;
  QWidget *balance_, *split_, *notes_, *learn_, *preparation_, *picture_, *options_, *create_;
  DockTitle *balanceHead_, *notesHead_, *pictureHead_;
  ClassBars *bars_, *learnBars_;
  Form *learnForm_, *splitForm_, *createForm_, *optionsForm_;
  FieldForm* optionFields_;
  bool hasOptions_ = false;
  QComboBox *target_, *task_;
  NotedField *train_, *validation_, *test_, *seed_;
  QCheckBox *stratified_, *standardise_;
  QWidget* steps_;
  QVBoxLayout* stepRows_;
  Text *network_, *deviation_, *noteWords_, *facts_, *rowsShown_, *where_;
  Segments* parts_;
  ImageGrid* grid_;
  DataTable* table_;
  PicturePanel* panel_;
  QLineEdit* name_;
  QPushButton *new_, *back_, *fileButton_, *folderButton_;
};

} // namespace loom
