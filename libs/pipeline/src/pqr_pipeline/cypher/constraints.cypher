// What makes a second export of the same thing find the first: one node an identity. A semicolon ends a statement.
create constraint pqr_run if not exists for (run:Run) require run.id is unique;
create constraint pqr_manifest if not exists for (manifest:Manifest) require manifest.id is unique;
create constraint pqr_dataset if not exists for (dataset:Dataset) require dataset.id is unique;
create constraint pqr_object if not exists for (object:Object) require object.id is unique;
create constraint pqr_content if not exists for (content:Content) require content.digest is unique;
